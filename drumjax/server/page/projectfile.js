// A project as a file for any browser: JSON with its link, and with the user's own sounds that it plays.

import { bytesOf, keepFile, keyOfBytes, fileOf, textOf } from "./files.js";
import { decode } from "./link.js";

const FORMAT = "drumjax project 1";

/** The file of a project, { name, type, bytes }, and the names of sound files that it lacks, since this browser does. */
export async function projectFile(name, link) {
  const [sounds, missing] = [[], []];
  for (const [key, title] of filesIn(link)) {
    const file = await fileOf(key);
    if (file) sounds.push({ key, name: file.name, data: await textOf(file.bytes) });
    else missing.push(title ?? "a sound file");
  }
  const bytes = JSON.stringify({ format: FORMAT, name, link, ...(sounds.length && { sounds }) }, null, 2);
  return { file: { name: `${name.replace(/[^\p{L}\p{N} _-]/gu, "-")}.json`, type: "application/json", bytes }, missing };
}

/** Reads such a file and keeps its sounds; returns { name, link, keys of the sounds }. Throws an Error if it is damaged. */
export async function readProject(file) {
  const { format, name, link, sounds = [] } = jsonOf(await file.text());
  if (format !== FORMAT) throw new Error("not a project of drumjax");
  decode(link);
  const read = sounds.map((sound) => ({ ...sound, bytes: bytesOf(sound.data) }));
  for (const sound of read) {
    const key = await keyOfBytes(sound.bytes);
    if (key && key !== sound.key) throw new Error(`its sound ${sound.name} is damaged`);
  }
  for (const { key, name: title, bytes } of read) await keepFile(key, String(title), bytes);
  return { name: String(name || file.name.replace(/\.json$/, "")), link, keys: read.map(({ key }) => key) };
}

// {key: name} of the user's files in a link.
function filesIn(link) {
  const pads = Object.values(decode(link).kits).flat();
  return new Map(pads.flatMap(({ sound, name }) => [[sound.own, name], [sound.other?.own]]).filter(([key]) => key));
}

function jsonOf(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw new Error("not a JSON file");
  }
}
