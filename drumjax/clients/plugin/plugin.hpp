// What the plugin's window sees of it.
#pragma once

#include "DistrhoPlugin.hpp"
#include "renderer.hpp"
#include "voices.hpp"

struct Drums : DISTRHO_NAMESPACE::Plugin {
  using Plugin::Plugin;

  drumjax::Settings settings;
  drumjax::Shelf shelf;
  drumjax::Files files;
  drumjax::Renderer renderer{settings, shelf, files};
  drumjax::Voices voices{settings, shelf};

  // Puts a file on a pad, or with NULL the instrument's own sound.
  void put(int pad, std::shared_ptr<const drumjax::File> file) {
    files.set(pad, std::move(file));
    settings.renew(pad);
  }

  std::string made_with;  // the instrument of the song, as its hash; empty: not known
};
