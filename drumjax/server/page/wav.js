// WAV files of 24 bits, made in the browser, and zips of them.

const ascii = (text) => new TextEncoder().encode(text);
const even = (length) => length + (length % 2);

/** A WAV of `channels`, arrays of samples within -1..1, with an ASCII `comment` in its INFO. */
export function wavOf(channels, rate, comment) {
  const count = channels.length;
  const frames = channels[0].length;
  const data = new DataView(new ArrayBuffer(3 * frames * count));
  for (let frame = 0, at = 0; frame < frames; frame++) {
    for (const samples of channels) {
      const value = Math.round(Math.min(1, Math.max(-1, samples[frame])) * 0x7fffff);
      data.setInt16(at, value & 0xffff, true);
      data.setInt8(at + 2, value >> 16);
      at += 3;
    }
  }
  const format = numbers([1, 2], [count, 2], [rate, 4], [3 * count * rate, 4], [3 * count, 2], [24, 2]);
  const info = concatenated([ascii("INFO"), chunk("ICMT", ascii(`${comment}\0`))]);
  const body = [ascii("WAVE"), chunk("fmt ", format), chunk("LIST", info), chunk("data", new Uint8Array(data.buffer))];
  return chunk("RIFF", concatenated(body));
}

/** A zip of `files`, {name: bytes}, which are stored as they are. */
export function zipOf(files) {
  const [parts, index] = [[], []];
  const now = new Date();
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const day = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  let offset = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const title = ascii(name);
    const size = bytes.length;
    const entry = numbers([20, 2], [0x800, 2], [0, 2], [time, 2], [day, 2], [crcOf(bytes), 4], [size, 4], [size, 4], [title.length, 2], [0, 2]);
    const start = [ascii("PK\x03\x04"), entry, title, bytes];
    index.push(ascii("PK\x01\x02"), numbers([20, 2]), entry, numbers([0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]), title);
    parts.push(...start);
    offset += start.reduce((sum, part) => sum + part.length, 0);
  }
  const length = index.reduce((sum, part) => sum + part.length, 0);
  const count = Object.keys(files).length;
  const end = numbers([0, 2], [0, 2], [count, 2], [count, 2], [length, 4], [offset, 4], [0, 2]);
  return concatenated([...parts, ...index, ascii("PK\x05\x06"), end]);
}

function chunk(name, bytes) {
  const out = new Uint8Array(8 + even(bytes.length));
  out.set(ascii(name));
  out.set(numbers([bytes.length, 4]), 4);
  out.set(bytes, 8);
  return out;
}

// Pairs of [value, bytes], little-endian.
function numbers(...pairs) {
  return new Uint8Array(pairs.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff)));
}

function concatenated(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function crcOf(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
