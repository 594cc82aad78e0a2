"""The logic of the Max device, part by part, in the notation of `drumjax.clients.notation`.

Names without a box are controls of `panel`. Max sends from one outlet to several boxes in an order that depends on
where they stand: wherever order matters, a [t ...] decides, and nothing else relies on it.
"""

PORT = 7771
SEEDS = 10_000
"""Live stores a parameter as a share of its range, and gives these whole numbers back exactly."""

CONNECTION = f"""
# Every second a hello tells the server where to answer; 2.5 s without any answer, and there is no server. Each
# instance listens on a port of its own, drawn at random, and draws again while it hears nothing: the port may be taken.
loaded > go = [t b b b]
go.2 > draw = [random 16000] > [+ 49152] > port = [t i i]
port.1 > [port $1( > ear = [udpreceive 7773]
port.0 > 1.told = [i]
go.1 > patience
go.0 > [1( > [metro 1000] > beat = [t b b]
beat.1 > 1.retry = [gate] > draw
beat.0 > told > [/drum/hello $1( > mouth = [udpsend 127.0.0.1 {PORT}]
ear > heard = [t b b]
heard.1 > patience = [delay 2500] > [0( > verdict = [change -1]
heard.0 > [1( > verdict
verdict > alive = [t i i i]
alive.2 > open
alive.2 > ask
alive.1 > [== 0] > retry
alive.0 > state = [sel 0 1]
state.0 > [set server not running: start it with python -m drumjax.server( > status
state.1 > [set ready( > status
state.1 > refresh
"""

SOUND = """
# What makes the sound -> /drum/generate p1 p2 p3 class id seed amount seed. The id comes back with the file: 1 where
# a hand made the change and Preview is on, and the sound plays. The first place of the list is never sent: it is the
# one that makes [pack] speak.
sound = [pack 0 0. 0. 0. 0 0 -1 0. 0] > [/drum/generate $2 $3 $4 $5 $6 $7 $8 $9( > 1.open = [gate] > mouth
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
class_in.1 > names = [i] > [/drum/knobs $1( > 1.ask = [gate] > mouth
seed > [round 1] > seed_in = [t b i]
seed_in.1 > 6.sound
amount > amount_in = [t b f f]
amount_in.2 > 1.amount_kept
amount_in.1 > [* 0.01] > 7.sound
vseed > [round 1] > vseed_in = [t b i]
vseed_in.1 > 8.sound
x_in.0 > changed = [t b b]
y_in.0 > changed
fine_in.0 > changed
reach.0 > changed
sens_in.0 > changed
class_in.0 > changed
seed_in.0 > changed
amount_in.0 > changed
vseed_in.0 > changed
changed.1 > hand = [i 1] > 5.sound
preview > 1.hand
# A moment first, since a move on the pad changes two numbers; then one request in 20 ms at most.
changed.0 > soon = [delay 1] > [speedlim 20] > sound
refresh = [t b b b]
refresh.2 > [0( > 5.sound
refresh.1 > names
refresh.0 > soon
"""

REPLY = """
ear > answer = [route /drum/file /drum/error /drum/knobs]
answer.1 > [unpack s 0] > [prepend set] > status
answer.2 > called = [unpack 0 s s s]
called.1 > [prepend set] > name_x
called.2 > [prepend set] > name_y
called.3 > [prepend set] > name_fine
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
# A hit plays the crop and fades the hit before it: two voices take turns. The list that makes one: nothing, start and
# end in ms, level, ms before the fade, ms of attack (none at the onset).
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
# An end that is not behind the start is no end: then it plays to the last sample, here 1000 ms.
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
# The selection of the waveform and the two numbers follow each other; what the waveform said is not said back to it.
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
# A button says bang, or the value of its parameter; 0 is no click.
dice > diced = [sel bang 1] > drawn = [random {SEEDS}] > seed
diced.1 > drawn
home > homed = [sel bang 1] > zero = [t 0 0 0 0 -1]
homed.1 > zero
zero.0 > x
zero.1 > y
zero.2 > fine
zero.3 > amount
zero.4 > seed
vary > varied = [sel bang 1] > again = [t b b]
varied.1 > again
again.1 > [random {SEEDS}] > vseed
# Without an amount there would be nothing to hear.
again.0 > amount_kept = [f] > [== 0.] > [sel 1] > [25.( > amount
"""

ALL = "\n".join((CONNECTION, SOUND, REPLY, VOICES, CROP, SEED))
