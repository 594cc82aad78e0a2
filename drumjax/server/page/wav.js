// WAV files of 24 bits, with a comment, as bytes.

const SCALE = 2 ** 23;
const BYTES = 3; // of a sample
const HEAD = 44; // bytes before the samples of a file without a comment

/**
 * The bytes of a WAV file. `channels`: Float32Arrays of equal length, of which two equal ones become one; values beyond
 * -1..1 are clipped. `comment`: text in ASCII, or empty.
 */
export function wavOf(channels, rate, comment = "") {
  const kept = channels.length === 2 && equal(...channels) ? channels.slice(0, 1) : channels;
  const [{ length }, count] = [kept[0], kept.length];
  const note = comment ? new TextEncoder().encode(comment.padEnd(comment.length + 2 - (comment.length % 2), "\0")) : null;
  const info = note ? 20 + note.length : 0;
  const size = length * count * BYTES;
  const bytes = new Uint8Array(HEAD + info + size + (size % 2));
  const view = new DataView(bytes.buffer);
  const text = (at, letters) => [...letters].forEach((letter, i) => (bytes[at + i] = letter.charCodeAt(0)));
  const numbers = (at, ...values) => values.forEach((value, i) => view.setUint32(at + 4 * i, value, true));
  text(0, "RIFF");
  numbers(4, bytes.length - 8);
  text(8, "WAVEfmt ");
  numbers(16, 16, 1 + (count << 16), rate, rate * count * BYTES, count * BYTES + ((8 * BYTES) << 16));
  if (note) {
    text(36, "LIST");
    numbers(40, info - 8);
    text(44, "INFOICMT");
    numbers(52, note.length);
    bytes.set(note, 56);
  }
  text(36 + info, "data");
  numbers(40 + info, size);
  let at = HEAD + info;
  for (let i = 0; i < length; i++) {
    for (const channel of kept) {
      const value = Math.max(-SCALE, Math.min(SCALE - 1, Math.round(channel[i] * SCALE)));
      bytes[at++] = value;
      bytes[at++] = value >> 8;
      bytes[at++] = value >> 16;
    }
  }
  return bytes;
}

const equal = (left, right) => left.every((value, i) => value === right[i]);

/** The comment of a WAV file; empty where there is none. */
export function commentOf(bytes) {
  const view = new DataView(bytes);
  const text = (at, length) => new TextDecoder().decode(new Uint8Array(bytes, at, Math.min(length, bytes.byteLength - at)));
  const next = (at) => at + 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2);
  for (let at = 12; at + 12 <= bytes.byteLength; at = next(at)) {
    if (text(at, 4) !== "LIST" || text(at + 8, 4) !== "INFO") continue;
    for (let field = at + 12; field + 8 <= bytes.byteLength; field = next(field)) {
      if (text(field, 4) === "ICMT") return text(field + 8, view.getUint32(field + 4, true)).replace(/\0.*/s, "");
    }
  }
  return "";
}
