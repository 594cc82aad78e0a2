"""drumjax as ONNX models, for programs in other languages."""
