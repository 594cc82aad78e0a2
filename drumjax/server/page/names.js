// Names of drawn sounds, made of their seeds: easier to remember and to say than numbers.

const FIRST =
  "Amber Brass Chalk Copper Coral Cotton Dusty Early Ember Faded Flint Foggy Frosty Gentle Golden Hollow " +
  "Idle Ivory Jolly Lazy Linen Little Lunar Mellow Misty Mossy Nimble Oaken Olive Paper Pearl Pepper " +
  "Plain Plum Polar Quiet Rapid River Rosy Rusty Salty Sandy Scarlet Silent Silver Sleepy Slate Smoky " +
  "Solar Stone Stormy Sunny Swift Tidy Tin Umber Velvet Violet Walnut Warm Waxen Willow Winter Woolly";
const SECOND =
  "Anchor Arrow Badger Beacon Bell Bison Boot Bridge Button Candle Canyon Cedar Comet Crane Crow Dune " +
  "Eagle Falcon Feather Fern Finch Fox Garden Hammer Harbor Hare Heron Hill Island Jackal Kettle Lantern " +
  "Lark Leopard Magpie Marble Meadow Mill Moth Needle Otter Owl Panda Pebble Pigeon Pine Quarry Rabbit " +
  "Raven Reed Ridge Robin Salmon Sparrow Spoon Stork Thistle Tiger Tower Valley Wagon Walrus Wolf Wren";
const [first, second] = [FIRST, SECOND].map((words) => words.split(" "));

/** Two words for a seed; the same seed has the same name, and few seeds share one. */
export function nameOfSeed(seed) {
  const mixed = Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) >>> 0;
  return `${first[(mixed >>> 8) % first.length]} ${second[(mixed >>> 20) % second.length]}`;
}
