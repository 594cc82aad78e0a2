"""The table that a trial prints."""


class Report:
    """A Markdown table of figures and the bars that they must meet.

    Attributes:
        met: whether every bar is met.
    """

    def __init__(self, title: str):
        self._lines = [f"| {title} | | bar | |", "|---|---:|---:|---|"]
        self.met = True

    def add(self, label: str, value: str | float | int, bar: str = "", met: bool | None = None) -> None:
        """Adds a figure; `met` None: it has no bar."""
        text = f"{value:.1f}" if isinstance(value, float) else str(value)
        self._lines.append(f"| {label} | {text} | {bar} | {'' if met is None else 'met' if met else 'MISSED'} |")
        self.met &= met is not False

    def __str__(self) -> str:
        return "\n".join(self._lines)


def percentile(values: list[float], share: float) -> float:
    """The smallest of the values that `share` of them do not exceed; infinite where there are none."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("inf")
