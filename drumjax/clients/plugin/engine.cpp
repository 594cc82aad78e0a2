// The engine as one unit of the plugin.
#include "../engine/reader.cpp"
#include "../engine/instrument.cpp"
#include "../engine/cwae.cpp"
#include "../engine/player.cpp"
#include "../engine/vocoder.cpp"
#include "../engine/own.cpp"
#include "../engine/drumjax.cpp"
