"""The logic of the Max device, part by part, in the notation of `drumjax.clients.notation`.

`ALL` is common to every device; a `Way` leads it to what plays. Names without a box are controls of `panel`. Max sends
from one outlet to several boxes in an order that depends on their places: where the order matters, a [t ...] sets it.
"""

from typing import NamedTuple

PORT = 7771
SCRIPT = "drumjax-live.js"
SEEDS = 10_000
"""Seeds are below this: Live stores a parameter as a share of its range, and returns such integers exactly."""


class Way(NamedTuple):
    """How a device reaches what plays.

    Attributes:
        logic: parts that set `connected` to 1 or 0, send `answer` what comes, and hold the box `requests` and the
            message `down`, shown without a connection.
        needs: what a user has to have, in words.
    """

    logic: str
    needs: str


SERVER = Way(
    f"""
# A hello every second gives the server the port for its replies; after 2.5 s without a reply, the server counts as
# gone. Each instance has its own random port, and draws another while no reply comes: the port may be taken.
loaded > go = [t b b b]
go.2 > draw = [random 16000] > [+ 49152] > port = [t i i]
port.1 > [port $1( > osc_in = [udpreceive 7773] > answer
port.0 > 1.port_kept = [i]
go.1 > timeout
go.0 > [1( > [metro 1000] > beat = [t b b]
beat.1 > 1.retry = [gate] > draw
beat.0 > port_kept > [/drum/hello $1( > requests = [udpsend 127.0.0.1 {PORT}]
osc_in > reply_in = [t b b]
reply_in.1 > timeout = [delay 2500] > [0( > connected
reply_in.0 > [1( > connected
alive.1 > [== 0] > retry
down = [set server not running: start it with drumjax serve( > status
""",
    "the server: drumjax serve",
)

NODE = Way(
    f"""
# The script sends a hello as soon as it plays: messages before that would be errors in the console. It counts as gone
# after 20 s without any message, and when its process ends; where Max starts that again, the hello comes again.
requests = [node.script {SCRIPT} @autostart 1 @watch 0] > hello = [route /drum/hello] > [t b] > [1( > connected
hello.1 > answer
loaded > [delay 20000] > 1.unheard = [gate 1 1] > [0( > connected
requests > [t 0] > unheard
requests.1 > [route terminated] > [t b] > [0( > connected
down = [set engine not running: see the Max console( > status
""",
    "the folder that it came in, nothing else",
)

STATE = """
connected = [change -1] > alive = [t i i]
alive.1 > open
alive.1 > ask
alive.0 > state = [sel 0 1] > down
state.1 > [set ready( > status
state.1 > refresh
"""

SOUND = """
# The settings of the sound -> /drum/generate p1 p2 p3 class id seed amount seed. The id comes back with the file: with
# 1 the sound plays. It is 1 where the user made the change and Preview is on. The first element of the list is never
# sent: it triggers [pack].
sound = [pack 0 0. 0. 0. 0 0 -1 0. 0] > [/drum/generate $2 $3 $4 $5 $6 $7 $8 $9( > 1.open = [gate] > requests
sound > [$2 $3 $4( > [sprintf set z %.2f %.2f %.2f] > label_z
p1 = [expr $f1 * $f2 * $f3] > 1.sound
p2 = [expr $f1 * $f2 * $f3] > 2.sound
p3 = [expr $f1 * $f2] > 3.sound
pad.0 > [/ 1000.] > x > x_in = [t b f f]
pad.1 > [/ 1000.] > y > y_in = [t b f f]
x_in.2 > p1
y_in.2 > p2
x_in.1 > [* 1000.] > [i] > [set $1( > 0.pad
y_in.1 > [* 1000.] > [i] > [set $1( > 1.pad
fine > fine_in = [t b f]
fine_in.1 > p3
range > tab = [sel 0 1 2] > [2( > reach = [t b b i i]
tab.1 > [5( > reach
tab.2 > [10( > reach
reach.3 > [sprintf set Range %ld] > label_range
reach.2 > 1.p1
reach.2 > 1.p2
reach.2 > 1.p3
reach.1 > p1
reach.1 > p2
reach.1 > p3
sens > [* 0.01] > sens_in = [t b b f]
sens_in.2 > 2.p1
sens_in.2 > 2.p2
sens_in.1 > p1
sens_in.1 > p2
class > class_in = [t b i i]
class_in.2 > 4.sound
class_in.1 > names = [i] > [/drum/knobs $1( > 1.ask = [gate] > requests
seed > [round 1] > seed_in = [t b i]
seed_in.1 > 6.sound
amount > amount_in = [t b f f]
amount_in.2 > 1.amount_kept
amount_in.1 > [* 0.01] > 7.sound
vseed > [round 1] > vseed_in = [t b i]
vseed_in.1 > 8.sound
# The take is a setting of its own, which holds for the requests after it. 0 is that of the start, and not sent: a
# bundle without texture would answer with an error.
take > [round 1] > take_in = [t b i]
take_in.1 > take_kept = [i] > takes = [change 0] > [/drum/texture $1( > 1.ask
x_in.0 > changed = [t b b]
y_in.0 > changed
fine_in.0 > changed
reach.0 > changed
sens_in.0 > changed
class_in.0 > changed
seed_in.0 > changed
amount_in.0 > changed
vseed_in.0 > changed
take_in.0 > changed
changed.1 > play_flag = [i 1] > 5.sound
preview > 1.play_flag
# A delay of 1 ms first, because a move on the pad changes two numbers; then at most one request in 20 ms.
changed.0 > pending = [delay 1] > [speedlim 20] > sound
refresh = [t b b b b b]
refresh.4 > [set 0( > takes
refresh.3 > take_kept
refresh.2 > [0( > 5.sound
refresh.1 > names
refresh.0 > pending
"""

REPLY = """
answer = [route /drum/file /drum/error /drum/knobs]
# A request that a newer one overtook is no error here: the answer to the newer one follows.
answer.1 > [unpack s 0] > error = [sel overtaken]
error.1 > [prepend set] > status
answer.2 > labels = [unpack 0 s s s]
labels.1 > [prepend set] > name_x
labels.2 > [prepend set] > name_y
labels.3 > [prepend set] > name_fine
answer.0 > file = [unpack s 0 0.]
file.2 > [sprintf set ready: rendered in %.0f ms] > status
file.1 > 1.plays = [i]
# The voices fade before the buffer changes under them.
file.0 > path = [t b b s]
path.2 > 1.kept = [zl.reg]
path.1 > choke
path.0 > [delay 3] > kept > [deferlow] > [prepend replace] > buffer = [buffer~ ---drum 1000]
buffer.1 > plays > [sel 1] > loud
loaded > [set ---drum( > wave
"""

VOICES = """
# A hit plays the crop and fades the hit before it out: two voices take turns. The list of a hit: a trigger, start and
# end in ms, level, ms before the fade, ms of attack (0 at the onset).
note = [notein] > strip = [stripnote] > [t b] > velocity = [i] > level = [/ 127.] > level_in = [t b f]
note.1 > 1.strip
strip.1 > 1.velocity
play > played = [sel bang 1] > loud = [100( > level
played.1 > loud
level_in.1 > 3.hit
level_in.0 > hit = [pack 0 0. 1000. 1. 998. 0.]
start > start_in = [t b f f f f]
start_in.4 > 1.hit
start_in.3 > [> 0.] > 5.hit
start_in.2 > 1.length
start_in.2 > 1.stop
start_in.1 > 1.mark_start
start_in.0 > length
end > end_in = [t f f]
end_in.1 > 1.mark_end
# An end that is not after the start does not count: then the sound plays to the last sample, here 1000 ms.
end_in.0 > length = [expr ($f1 > $f2) * ($f1 - $f2) + ($f1 <= $f2) * (1000. - $f2)] > length_in = [t f f f]
length_in.2 > stop = [+ 0.] > 2.hit
length_in.1 > [- 2.] > [maximum 0.] > 4.hit
length_in.0 > [sprintf set crop %.0f ms] > label_crop
hit > turn = [t l b]
turn.1 > [counter 1 2] > which = [gate 2]
turn.0 > 1.which
which.0 > a = [t l l b]
which.1 > b = [t l l b]
a.2 > [0. 5.( > level_b
b.2 > [0. 5.( > level_a
a.1 > [0. 0. $4 $6 $4 $5 0. 2.( > level_a = [line~] > 1.gain_a
b.1 > [0. 0. $4 $6 $4 $5 0. 2.( > level_b = [line~] > 1.gain_b
a.0 > [start $2 $3( > [play~ ---drum] > gain_a = [*~ 0.] > mix = [*~ 1.] > out
b.0 > [start $2 $3( > [play~ ---drum] > gain_b = [*~ 0.] > mix
mix > 1.out
choke = [0. 2.( > level_a
choke > level_b
volume > [dbtoa] > [$1 20( > [line~] > 1.mix
"""

CROP = """
# The selection in the waveform and the two numbers follow each other; values from the waveform are not sent back.
wave.2 > from = [t b f b]
from.2 > [0( > mark_start = [gate 1 1] > 2.wave
from.1 > start
from.0 > [1( > mark_start
wave.3 > to = [t b f b]
to.2 > [0( > mark_end = [gate 1 1] > 3.wave
to.1 > end
to.0 > [1( > mark_end
mode > mouse = [sel 0 1] > [setmode 1( > wave
mouse.1 > [setmode 3( > wave
reset > resets = [sel bang 1] > all = [t b b b b]
resets.1 > all
all.3 > [0.( > wave
all.2 > [1000.( > 1.wave
all.1 > [0.( > start
all.0 > [1000.( > end
"""

SEED = f"""
# A button sends a bang, or the value of its parameter; 0 is not a click.
dice > diced = [sel bang 1] > new_seed = [random {SEEDS}] > seed
diced.1 > new_seed
home > homed = [sel bang 1] > zero = [t 0 0 0 0 -1 0]
homed.1 > zero
zero.0 > x
zero.1 > y
zero.2 > fine
zero.3 > amount
zero.4 > seed
zero.5 > take
vary > varied = [sel bang 1] > again = [t b b]
varied.1 > again
again.1 > [random {SEEDS}] > vseed
retake > retaken = [sel bang 1] > new_take = [random {SEEDS}] > take
retaken.1 > new_take
# With an amount of 0 the variation would be inaudible.
again.0 > amount_kept = [f] > [== 0.] > [sel 1] > [25.( > amount
"""

ALL = "\n".join((STATE, SOUND, REPLY, VOICES, CROP, SEED))
