// Zip archives without compression, as bytes: WAVs of 24 bits would hardly shrink.

const UTF8 = 0x800;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** The bytes of a zip of `files`, { name: bytes }. */
export function zipOf(files) {
  const time = dosTime(new Date());
  const parts = [];
  const entries = [];
  let at = 0;
  const add = (part) => {
    parts.push(part);
    at += part.length;
  };
  for (const [name, content] of Object.entries(files)) {
    const letters = new TextEncoder().encode(name);
    const facts = [[2, 20], [2, UTF8], [2, 0], [4, time], [4, crcOf(content)], [4, content.length], [4, content.length], [2, letters.length], [2, 0]];
    entries.push(record("PK\x01\x02", [[2, 20], ...facts, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]]), letters);
    add(record("PK\x03\x04", facts));
    add(letters);
    add(content);
  }
  const [count, size] = [entries.length / 2, entries.reduce((sum, { length }) => sum + length, 0)];
  const end = record("PK\x05\x06", [[2, 0], [2, 0], [2, count], [2, count], [4, size], [4, at], [2, 0]]);
  return joined([...parts, ...entries, end]);
}

/** Byte arrays as one. */
export function joined(parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

// A mark, then numbers of [bytes, value], little-endian.
function record(mark, numbers) {
  const bytes = numbers.flatMap(([size, value]) => Array.from({ length: size }, (_, i) => (value >>> (8 * i)) & 255));
  return Uint8Array.from([...[...mark].map((letter) => letter.charCodeAt(0)), ...bytes]);
}

function crcOf(bytes) {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

function dosTime(date) {
  const day = ((date.getFullYear() - 1980) << 25) | ((date.getMonth() + 1) << 21) | (date.getDate() << 16);
  return (day | (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1)) >>> 0;
}
