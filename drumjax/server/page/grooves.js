// Patterns to start from. x: a hit; X: an accent; o: a soft one.

export const GROOVES = [
  {
    name: "Four on the floor", tempo: 124, swing: 50,
    kick: "X...X...X...X...", clap: "....X.......X...", closed_hat: "o.o.o.o.o.o.o.oo", open_hat: "..x...x...x...x.",
  },
  {
    name: "Shuffled house", tempo: 122, swing: 62,
    kick: "X...X...X..xX...", clap: "....X.......X..o", closed_hat: "xoX.xoX.xoX.xoXo", shaker: "o.xoo.xoo.xoo.xo", conga: "...o..x....x..o.",
  },
  {
    name: "Boom bap", tempo: 88, swing: 60,
    kick: "X..x......Xx....", snare: "....X..o....X..o", closed_hat: "X.x.X.x.X.x.X.xo", open_hat: ".............x..",
  },
  {
    name: "Breakbeat", tempo: 134, swing: 52,
    kick: "X..x......X..x..", snare: "....X..o.o..X..o", closed_hat: "x.x.x.x.x.x.x.x.", open_hat: "..........x.....", tambourine: "....o.......o...",
  },
  {
    name: "Trap hats", tempo: 142, swing: 50,
    kick: "X......x..x.....X.....x....x....", snare: "........X...............X.......", clap: "........x...............x.....o.",
    closed_hat: "X.x.X.xxX.x.xoxoX.x.XxxxX.x.Xoxo", open_hat: "......................x.........",
  },
  {
    name: "Bossa", tempo: 132, swing: 50,
    kick: "X..xX..xX..xX..x", snap: "X..x..x...x..x..", shaker: "XoxoXoxoXoxoXoxo", conga: "......o.......oo",
  },
  {
    name: "Dembow", tempo: 96, swing: 50,
    kick: "X...X...X...X...", snare: "...x..X....x..X.", closed_hat: "o.x.o.x.o.x.o.x.", tom: "..............xx",
  },
  {
    name: "Half-time drums", tempo: 172, swing: 50,
    kick: "X.........x.....X..x......x.....", snare: "........X..o............X....o.o", closed_hat: "x.o.x.o.x.o.x.o.x.o.x.o.x.o.x.oo", bongo: "......x.......o.......x....x....",
  },
];
