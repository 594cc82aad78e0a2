"""The logic of the Pd instrument, part by part, in the notation of `drumjax.clients.notation`.

Each part becomes a subpatch. Parts exchange messages under names that begin with $0, so that instances stay separate:
a control named x sends to `$0-x` and receives from `$0-set-x`.
"""

from drumjax.config import CLASSES

PORT = 7771
RANGES = "2 5 10"
SEEDS = 1_000_000
"""Seeds are below this: Pd shows six digits of a number."""
STATE = "class range x y fine sens preview velocity start end seed amount vseed"
"""The values that the surrounding patch stores."""
GOOD, BAD, INK = "#2f9e44", "#c92a2a", "#23272b"


def _each(template: str, names: str, start: int = 0) -> str:
    """A line for each name: NAME becomes the name, INDEX its index, counted from `start`, and NEXT the index plus 1."""
    return "\n".join(
        template.replace("NAME", name).replace("INDEX", str(i)).replace("NEXT", str(i + 1))
        for i, name in enumerate(names.split(), start)
    )


PARTS: dict[str, str] = {}

_LEFT, _CENTRE, _RIGHT = "px(-100:100)(0:166)", "px(-100:100)(7:173)", "px(-100:100)(14:180)"
_TOP, _MIDDLE, _BOTTOM = "py(-100:100)(166:0)", "py(-100:100)(173:7)", "py(-100:100)(180:14)"
PARTS["square"] = f"""
# The pad's handle: a scalar of a data structure, its position in two fields, -100..100. Dragging changes the fields.
# Only corners can be dragged, so the cross in the square adds five more.
[drawpolygon -xv 777 1 {_CENTRE} 0 {_CENTRE} 180]
[drawpolygon -xv 777 1 0 {_MIDDLE} 180 {_MIDDLE}]
[filledpolygon 841 0 1 {_LEFT} {_TOP} {_RIGHT} {_TOP} {_RIGHT} {_BOTTOM} {_LEFT} {_BOTTOM}]
[drawpolygon 0 1 {_CENTRE} {_TOP} {_CENTRE} {_MIDDLE} {_CENTRE} {_BOTTOM}]
[drawpolygon 0 1 {_LEFT} {_MIDDLE} {_CENTRE} {_MIDDLE} {_RIGHT} {_MIDDLE}]
# While the user drags the square, it ignores incoming positions.
[struct $0-square float px float py] > [route change] > change = [t b p b]
change.2 > shut = [0( > 1.listen_x = [spigot]
shut > 1.listen_y = [spigot]
change.1 > place = [get $0-square px py] > [/ 100] > [s $0-set-x]
place.1 > [/ 100] > [s $0-set-y]
change.0 > open = [1( > 1.listen_x
open > 1.listen_y
square = [append $0-square px py] > 2.moved = [set $0-square px py]
[loadbang] > start = [t b b b b]
start.3 > [symbol pd-$0-pad] > [traverse $1, bang( > [pointer] > 2.square
start.2 > [0( > square
start.1 > open
start.0 > [bang( > [s $0-set-x]
start.0 > [bang( > [s $0-set-y]
[r $0-x] > [* 100] > x = [f] > listen_x > moved
[r $0-y] > [* 100] > y = [t b f] > x
y.1 > listen_y > 1.moved
"""

PARTS["connection"] = rf"""
[loadbang] > [f $1] > port = [sel 0]
port.1 > connect = [connect 127.0.0.1 $1( > socket = [netsend -u -b]
port.0 > [{PORT}( > connect
socket.1 > [oscparse] > [list trim] > [route drum] > [s $0-reply]
[r $0-osc] > [list prepend send] > [list trim] > socket
# A ping a second; after 2.5 s without a reply, the server counts as gone.
[loadbang] > [metro 1000] > [oscformat drum ping] > [s $0-osc]
[r $0-reply] > reply_in = [t b b]
reply_in.1 > timeout = [delay 2500] > [0( > connected = [change -1] > [s $0-alive]
reply_in.0 > [1( > connected
[loadbang] > timeout
[r $0-alive] > state = [sel 0 1]
state.0 > [color {BAD} {INK}( > [s $0-light]
state.0 > [symbol server\ not\ running:\ start\ it\ with\ \ drumjax\ serve( > [s $0-status]
state.1 > [color {GOOD} {INK}( > [s $0-light]
state.1 > [symbol ready( > [s $0-status]
state.1 > [oscformat drum hello] > [s $0-osc]
state.1 > [bang( > [s $0-refresh]
"""

PARTS["request"] = f"""
# The settings of the sound -> /drum/generate p1 p2 p3 class id seed amount seed. The id comes back with the file: with
# 1 the sound plays. It is 1 where the user made the change and Preview is on.
knobs = [expr $f2*$f5*$f6; $f3*$f5*$f6; $f4*$f5] > message = [pack f f f f f f f f]
message > [oscformat drum generate] > [s $0-osc]
knobs.1 > 1.message
knobs.2 > 2.message
changed = [t b b]
{_each("[r $0-NAME] > NAME = [t b f] > changed", "x y fine range sens class seed amount vseed")}
{_each("NAME.1 > NEXT.knobs", "x y fine range sens")}
class.1 > 3.message
seed.1 > 5.message
amount.1 > 6.message
vseed.1 > 7.message
changed.1 > preview = [f] > 4.message
[r $0-preview] > 1.preview
changed.0 > ask = [s $0-ask]
[r $0-refresh] > refresh = [t b b]
refresh.1 > [0( > 4.message
refresh.0 > ask
# One request in 20 ms: the gate closes behind each, and a change during this time is requested at its end. A delay of
# 0 ms comes first, because a move on the pad changes two numbers.
[r $0-ask] > alive = [spigot] > missing = [t b b]
[r $0-alive] > 1.alive
missing.1 > [1( > 1.missed = [f]
missing.0 > open = [spigot 1] > [delay 0] > send = [t b b b]
send.2 > none = [0( > 1.open
none > 1.missed
send.1 > knobs
send.0 > [delay 20] > again = [t b b]
again.1 > [1( > 1.open
again.0 > missed > [sel 1] > open
"""

PARTS["names"] = """
# The names of the knobs, requested when the class changes or the server comes back.
[r $0-class] > held = [f] > [oscformat drum knobs] > [s $0-osc]
[r $0-refresh] > held
[r $0-reply] > [route knobs] > names = [unpack f s s s]
names.1 > [label $1( > [s $0-name-x]
names.2 > [label $1( > [s $0-name-y]
names.3 > [label $1( > [s $0-name-fine]
"""

PARTS["reply"] = r"""
[r $0-reply] > reply = [route file error]
# A request that a newer one overtook is no error here: the answer to the newer one follows.
reply.1 > [list append] > [unpack s f] > error = [sel overtaken]
error.1 > [s $0-status]
# The path may contain spaces: `list append` keeps it in one piece. The voices fade before the array changes under them.
reply.0 > [list append] > file = [unpack s f f]
file.2 > [makefilename ready:\ rendered\ in\ %.0f\ ms] > [s $0-status]
file.1 > 1.id = [f]
file.0 > 0.path = [t b s]
path.1 > 1.kept = [symbol]
path.0 > load = [t b b]
load.1 > [s $0-choke]
load.0 > [delay 3] > kept > [list append $0-drum] > [read -resize $1 $2( > reader = [soundfiler]
reader.1 > [unpack f] > [s $0-rate]
reader.0 > samples = [t b f]
samples.1 > [s $0-samples]
samples.0 > id > loaded = [t f f]
loaded.1 > [sel 1] > [s $0-play]
loaded.0 > [s $0-loaded]
"""

PARTS["voices"] = """
# A hit plays the crop at the sample rate of the file and fades the hit before it out: two voices take turns.
[r $0-play] > velocity = [f 100] > [s $0-hit]
[r $0-velocity] > 1.velocity
# An end that is not after the start does not count: then the sound plays to the last sample.
crop = [expr min($f2, $f4/$f5*1000); min(if($f3>$f2, $f3, 1000), $f4/$f5*1000); $f5/1000]
[r $0-hit] > [/ 127] > hit = [t b f] > crop
[r $0-start] > 1.crop
[r $0-end] > 2.crop
[r $0-samples] > 3.crop
[r $0-rate] > 4.crop
hit.1 > 3.times = [pack f f f f]
crop.0 > times
crop.1 > 1.times
crop.2 > 2.times
# From start to end ms -> first sample, last sample, ms, level, ms before the fade, ms of attack (none at the onset).
times > plan = [expr $f1*$f3; max($f1, $f2)*$f3; max(0, $f2-$f1); $f4; max(0, $f2-$f1-2); $f1 > 0]
hits = [pack f f f f f f]
plan.0 > hits
plan.1 > 1.hits
plan.2 > 2.hits
plan.3 > 3.hits
plan.4 > 4.hits
plan.5 > 5.hits
hits > turn = [t l b]
turn.1 > last = [f] > next = [== 0] > 1.last
next > 1.voice = [list prepend 0]
turn.0 > voice > which = [route 0 1]
which.0 > a = [t l b] > [$1, $2 $3( > [vline~] > [tabread4~ $0-drum] > gain_a = [*~] > out = [outlet~]
which.1 > b = [t l b] > [$1, $2 $3( > [vline~] > [tabread4~ $0-drum] > gain_b = [*~] > out
a.0 > [0, $4 $6, 0 2 $5( > level_a = [vline~] > 1.gain_a
b.0 > [0, $4 $6, 0 2 $5( > level_b = [vline~] > 1.gain_b
a.1 > [0 5( > level_b
b.1 > [0 5( > level_a
[r $0-choke] > choke = [0 2( > level_a
choke > level_b
"""

PARTS["seeds"] = f"""
# The time of the click is added: Pd's own random numbers are the same in every session.
[r $0-dice] > dice = [t b b]
dice.1 > 1.[realtime] > [* 1000] > 1.seed = [expr int(fmod($f1+$f2, {SEEDS}))] > [s $0-set-seed]
dice.0 > [random {SEEDS}] > seed
[r $0-vary] > vary = [t b b b]
vary.2 > 1.[realtime] > [* 1000] > 1.vseed = [expr int(fmod($f1+$f2, {SEEDS}))] > [s $0-set-vseed]
vary.1 > [random {SEEDS}] > vseed
# With an amount of 0 the variation would be inaudible.
vary.0 > amount = [f] > [sel 0] > [0.25( > [s $0-set-amount]
[r $0-amount] > 1.amount
[r $0-home] > home = [t b b]
home.1 > [-1( > [s $0-set-seed]
home.0 > zero = [0( > [s $0-set-x]
zero > [s $0-set-y]
zero > [s $0-set-fine]
zero > [s $0-set-amount]
"""

PARTS["mirrors"] = f"""
# Values that two controls show, and values whose control shows an index.
{_each("[r $0-NAME] > [set $1( > [s $0-show-NAME]", "fine start end")}
tab = [s $0-set-tab]
range = [s $0-range]
[r $0-tab] > chosen = [sel 0 1 2]
[r $0-set-range] > wanted = [sel {RANGES}]
{_each("chosen.INDEX > [NAME( > range", RANGES)}
{_each("wanted.INDEX > [INDEX( > tab", RANGES)}
[r $0-reset] > reset = [t b b]
reset.1 > [0( > [s $0-set-start]
reset.0 > [1000( > [s $0-set-end]
# Errors are long: they are split over two lines.
[r $0-status] > [list fromsymbol] > lines = [list split 82]
first = [label $1( > [s $0-line-1]
second = [label $1( > [s $0-line-2]
lines.2 > short = [t b l]
short.1 > [list tosymbol] > first
short.0 > [label empty( > [s $0-line-2]
lines.1 > [list tosymbol] > second
lines.0 > [list tosymbol] > first
"""

PARTS["save"] = """
# The crop as a WAV of 32-bit floats.
[r $0-save] > [savepanel] > name = [t b s]
[r $0-save-as] > name
name.1 > 3.what = [pack f f f s]
name.0 > crop = [expr $f5; int($f2*$f5/1000); max(1, min(if($f3>$f2, $f3, 1000)*$f5/1000, $f4)-$f2*$f5/1000)] > what
crop.1 > 1.what
crop.2 > 2.what
[r $0-start] > 1.crop
[r $0-end] > 2.crop
[r $0-samples] > 3.crop
[r $0-rate] > 4.crop
what > [list append $0-drum] > [write -wave -bytes 4 -rate $1 -skip $2 -nframes $3 $4 $5( > [soundfiler]
"""

_CLASSES = " ".join(CLASSES)
_SET = "x y fine range sens preview velocity start end seed amount vseed"
_DO = "dice home vary reset play hit"
PARTS["messages"] = f"""
# The messages of the inlet, besides a bang and a list of pitch and velocity.
[r $0-in] > in = [route bang list note class crop save {_SET} {_DO}]
in.0 > [s $0-play]
in.1 > note = [unpack f f]
in.2 > note
note.1 > hard = [moses 1]
hard.1 > [s $0-hit]
in.3 > class = [route float {_CLASSES}] > index = [s $0-set-class]
{_each("class.NEXT > [INDEX( > index", _CLASSES)}
# An unknown class: the server answers with an error.
class.{len(CLASSES) + 1} > [list prepend 0 0 0] > [oscformat drum generate] > [s $0-osc]
in.4 > crop = [unpack f f] > [s $0-set-start]
crop.1 > [s $0-set-end]
in.5 > [list append] > [s $0-save-as]
{_each("in.INDEX > [s $0-set-NAME]", _SET, start=6)}
{_each("in.INDEX > [s $0-NAME]", _DO, start=6 + len(_SET.split()))}
"""

PARTS["state"] = f"""
# The list is sent only when Pd saves the patch: the version in front, a zero, triggers it.
state = [savestate] > old = [unpack f {"f " * len(STATE.split())}]
state.1 > [0( > now = [pack f {"f " * len(STATE.split())}] > state
{_each("[r $0-NAME] > NEXT.now", STATE)}
{_each("old.NEXT > [s $0-set-NAME]", STATE)}
"""

TOP = """
voices > [outlet~]
[inlet] > [s $0-in]
[r $0-status] > [list prepend status] > [list trim] > out = [outlet]
[r $0-loaded] > [list prepend loaded] > [list trim] > out
"""
