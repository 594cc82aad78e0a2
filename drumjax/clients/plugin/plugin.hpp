// What the plugin's window sees of it.
#pragma once

#include "DistrhoPlugin.hpp"
#include "renderer.hpp"
#include "voices.hpp"

struct Drums : DISTRHO_NAMESPACE::Plugin {
  using Plugin::Plugin;

  drumjax::Settings settings;
  drumjax::Shelf shelf;
  drumjax::Renderer renderer{settings, shelf};
  drumjax::Voices voices{settings, shelf};
  std::string made_with;  // the instrument of the song, as its hash; empty: not known
};
