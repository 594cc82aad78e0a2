"""The vocabulary of sample packs: which word means which drum, in the languages and abbreviations that packs use."""

import re

NONE = "none"  # a sound outside the 11 classes
HAT = "hat"  # a hi-hat, open or closed
OPEN, CLOSED = "open", "closed"
UNREAD = "unread"  # a mark of a hi-hat that is neither

_NAMES = {
    "kick": "kick kicks kik kiks kck kickdrum kickdrums kdrum bdrum bassdrum bassdrums basedrum bombo bumbo"
    " grossecaisse grossetrommel grancassa",
    "clap": "clap claps clapping handclap handclaps clp clps palmas palmada klatschen fingerclap",
    "snare": "snare snares snr snrs snaredrum snaredrums snarerim rimsnare snarerimshot sidedrum caisseclaire"
    " kleinetrommel rullante redoblante tarola caixa",
    "tambourine": "tambourine tambourines tamb tambs tambo tambos tambn tamborine tamborines tombourine tambourin"
    " tamburine tamburin tamburello pandereta schellenring schellenkranz",
    "conga": "conga congas cnga cngas tumba tumbas tumbadora quinto quintos",
    "bongo": "bongo bongos bngo bngos",
    "shaker": "shaker shakers shake shakes shk shks shkr shkrs shker shak shaken cabasa cabasas cabassa cabaza maraca"
    " maracas egg eggs eggshaker caxixi ganza chocalho afuche afoxe rattle",
    "snap": "snap snaps snp snps fingersnap fingersnaps fingersn handsnap schnipsen chasquido estalo",
    "tom": "tom toms tomtom tomtoms floortom floortoms ftom htom mtom ltom rototom rototoms",
    HAT: "hat hats hihat hihats highhat highhats hhat hhats hihh hithat charley charleston",
    "open_hat": "openhat openhats openhihat openhighhat",
    "closed_hat": "closedhat closedhats closehat closedhihat closedhighhat pedalhat",
    NONE: "cowbell cowbells cowb cow bell bells crash crashes ride rides cymbal cymbals china splash rim rims"
    " rimshot rimshots rimclick sidestick sidesticks crossstick crosstick xstick clave claves"
    " woodblock woodblocks block triangle gong"
    " timbale timbales timpani cuica guiro agogo whistle vibraslap tabla djembe cajon darbuka taiko surdo pandeiro"
    " tamborim chime chimes loop loops vox vocal vocals chord chords piano guitar guitars gtr gtrs"
    " roll rolls fill fills build builds buildup buildups riser risers",
}
_SHORT = {
    "kick": "bd kd bdr",
    "clap": "cp",
    "snare": "sd sn sna",
    "tambourine": "tmb tmbn tam tb",
    "conga": "cng cga",
    "bongo": "bng bgo",
    "shaker": "mrc",
    HAT: "hh hht",
    "open_hat": "oh ohh hho oho oht ohat ohats ophat ophh ophats",
    "closed_hat": "ch chh hhc hhp hhf cht clhat clhh clhats",
}
_VOICES = {
    "tom": "lt mt ht tm ft",
    "conga": "lc mc hc",
    "shaker": "ma sh cab",
    "open_hat": "ho",
    NONE: "cb cy rs cl cr rd",
}
_OPEN = "open opened opn opnd opens offen ouvert ouverte abierto aberto aperto halfopen"
_CLOSED = "closed closeds close clsd clsed pedal pedals ped foot geschlossen ferme cerrado fechado chiuso"
_HAT_OPEN = "op o half semi ring rings ringing ringy loose sizzle sizzling sizzly slosh sloshy wash washy"
_HAT_CLOSED = "cl c clo cls cld clos pd tight shut chick choke choked"
_FILLERS = "drum drums hi high mid low lo hit hand finger floor rack big small soft hard loud long short new old"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _table(names: dict[str, str]) -> dict[str, str]:
    return {word: kind for kind, words in names.items() for word in words.split()}


MARKS = dict.fromkeys(_OPEN.split(), OPEN) | dict.fromkeys(_CLOSED.split(), CLOSED)
HAT_MARKS = dict.fromkeys(_HAT_OPEN.split(), OPEN) | dict.fromkeys(_HAT_CLOSED.split(), CLOSED)
WORDS = _table(_NAMES) | MARKS
ABBREVIATIONS = {f"{word}s": kind for word, kind in _table(_SHORT).items()} | _table(_SHORT)
MACHINE_WORDS = _table(_VOICES)
LONG_MARKS = {word: mark for word, mark in HAT_MARKS.items() if len(word) > 1}
PIECES = WORDS | {"hh": HAT, "bd": "kick", "sd": "snare"} | dict.fromkeys(_FILLERS.split(), "")
# Long enough to be unambiguous at the start or end of a word. Excluded are `snap` at the start (`snappy`) and `tom`,
# `hat` at the start (`tomorrow`, `hatch`).
STEMS = {word: word for word in ("kick", "snare", "clap", "conga", "bongo", "shaker")} | {
    "hihat": HAT, "tambour": "tambourine", "cabasa": "shaker", "maraca": "shaker", "cowbell": NONE
}  # fmt: skip
END_STEMS = STEMS | {"snap": "snap", "tamb": "tambourine", "hat": HAT, "tom": "tom"}
OTHER_STARTS = re.compile(
    r"kick(back|ball|board|box|down|flip|off|plate|stand|start|up|ass|able)|clap(ton|ham|board|per|ped|trap|back)"
    r"|shakeris|tamboura$"
)  # words that only begin like a drum
OTHER_ENDS = _set(
    "sidekick dropkick freekick ensnare thunderclap gingersnap saltshaker earthshaker somewhat snapchat"
    " custom bottom phantom symptom accustom"
)
GLUED = {"bd": "kick", "hh": HAT, "sd": "snare", "snr": "snare", "kik": "kick", "clp": "clap", "shkr": "shaker"}
"""Abbreviations that no other word begins or ends with."""
GLUED_HATS = {"hho": "open_hat", "hhc": "closed_hat", "hhp": "closed_hat", "hhf": "closed_hat"}
NEGATIONS = _set("not no non isn isnt aint without ohne sans nicht kein keine")
ARTICLES = _set("a an the any t real")
JOINING = re.compile(r"[&+,]")
CONJUNCTIONS = _set("and und et n vs plus")
GENRE = re.compile(r"drums?\W*(?:&|and|n)\W*bass", re.IGNORECASE)
OVERRIDING = _set("loop loops fill fills build builds buildup buildups riser risers")
"""A loop of snares or a fill is not a snare, whatever the position of the word."""
CRIES = _set("ahh shh uhh ehh ohhh ahhh shhh")
SUFFIXES = {"o": OPEN, "c": CLOSED} | dict.fromkeys("hlmrsx", "")  # TomL, SnapH, HatC
PARTNERS = _set("perc percs percussion fx sfx hit hits stab stabs noise noises bass synth others other")
"""Words for other sounds, read only beside an `&` and behind the name of a kit."""
