// The pads of `drumjax kit`, with the seeds of kit 1 of the bundle ff76159def56: written by layout.py.
constexpr Pad LAYOUT[PADS] = {
    {"Kick", "kick", 36, 0, 1001, 0},
    {"Snap", "snap", 37, 9, 1000, 0},
    {"Snare", "snare", 38, 2, 1000, 0},
    {"Clap", "clap", 39, 1, 1002, 0},
    {"Snare 2", "snare_2", 40, 2, 1007, 0},
    {"Closed hat", "closed_hat", 42, 4, 1000, 1},
    {"Low tom", "low_tom", 45, 10, 1003, 0},
    {"Open hat", "open_hat", 46, 3, 1002, 1},
    {"Mid tom", "mid_tom", 47, 10, 1005, 0},
    {"High tom", "high_tom", 50, 10, 1004, 0},
    {"Tambourine", "tambourine", 54, 5, 1004, 0},
    {"High bongo", "high_bongo", 60, 7, 1005, 0},
    {"Low bongo", "low_bongo", 61, 7, 1000, 0},
    {"High conga", "high_conga", 63, 6, 1002, 0},
    {"Low conga", "low_conga", 64, 6, 1006, 0},
    {"Shaker", "shaker", 82, 8, 1002, 0},
};
