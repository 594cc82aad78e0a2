// The pads of `drumjax kit`, with the seeds of kit 1 of the bundle 4c6620b0c2f7: written by layout.py.
constexpr Pad LAYOUT[PADS] = {
    {"Kick", "kick", 36, 0, 1002, 0},
    {"Snap", "snap", 37, 9, 1002, 0},
    {"Snare", "snare", 38, 2, 1001, 0},
    {"Clap", "clap", 39, 1, 1001, 0},
    {"Snare 2", "snare_2", 40, 2, 1008, 0},
    {"Closed hat", "closed_hat", 42, 4, 1001, 1},
    {"Low tom", "low_tom", 45, 10, 1002, 0},
    {"Open hat", "open_hat", 46, 3, 1000, 1},
    {"Mid tom", "mid_tom", 47, 10, 1014, 0},
    {"High tom", "high_tom", 50, 10, 1011, 0},
    {"Tambourine", "tambourine", 54, 5, 1003, 0},
    {"High bongo", "high_bongo", 60, 7, 1006, 0},
    {"Low bongo", "low_bongo", 61, 7, 1003, 0},
    {"High conga", "high_conga", 63, 6, 1002, 0},
    {"Low conga", "low_conga", 64, 6, 1003, 0},
    {"Shaker", "shaker", 82, 8, 1004, 0},
};
