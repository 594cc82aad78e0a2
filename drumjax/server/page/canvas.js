// Canvases that stay sharp at every size, and the style sheet's colours for them.

/** Calls `draw(context, width, height)`, in CSS pixels, after `redraw()` or a change of size: once a frame at most. */
export function canvasOf(canvas, draw) {
  let frame = 0;
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      const { clientWidth: width, clientHeight: height } = canvas;
      if (!width || !height) return;
      const scale = devicePixelRatio;
      [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
      const context = canvas.getContext("2d");
      context.scale(scale, scale);
      draw(context, width, height);
    });
  };
  new ResizeObserver(redraw).observe(canvas);
  return { redraw };
}

let read;

/** The colours and the font that drawings share with the style sheet. */
export function tokens() {
  if (!read) {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--${name}`).trim();
    read = {
      accent: of("accent"),
      chosen: of("chosen"),
      field: of("field"),
      line: of("grid"),
      lineStrong: of("grid-strong"),
      hatch: of("hatch"),
      muted: of("muted"),
      quiet: of("quiet"),
      font: `10px ${style.fontFamily}`,
    };
  }
  return read;
}

/** Waveforms are scaled to their height, but not those of sounds with a lower peak than this. */
export const QUIETEST = 0.25;

/** The largest and smallest sample of each of `columns` equal parts of `samples`. */
export function peaksOf(samples, columns) {
  const width = samples.length / columns;
  return Array.from({ length: columns }, (_, column) => {
    let [low, high] = [0, 0];
    const end = Math.min(samples.length, Math.ceil((column + 1) * width));
    for (let i = Math.floor(column * width); i < end; i++) {
      if (samples[i] > high) high = samples[i];
      else if (samples[i] < low) low = samples[i];
    }
    return [low, high];
  });
}
