/* drumjax: the instrument as a library. Three knobs and a mix of drum classes in, a drum sound out.
 *
 *   drumjax_instrument *instrument = drumjax_load(bytes, size, error, sizeof error);
 *   drumjax_player *player = drumjax_player_new(instrument);
 *   float mix[11] = {1}, knobs[3] = {0.1f, -0.3f, 0.5f}, wave[...];    // drumjax_samples(instrument) of them
 *   int length = drumjax_render(player, knobs, mix, 0, NULL, wave);
 *
 * The bytes are an instrument file, written by `drumjax export --instrument FILE`. An instrument never changes: any
 * number of players and threads share one. A player holds the buffers of one render, for one thread at a time.
 * Rendering takes milliseconds, so it belongs beside the audio thread; it neither allocates, locks nor throws.
 *
 * Equal arguments give equal sounds, and those of `drumjax.synth.Synth` within 0.001 of full scale.
 */
#ifndef DRUMJAX_H
#define DRUMJAX_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define DRUMJAX_API __declspec(dllexport)
#else
#define DRUMJAX_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct drumjax_instrument drumjax_instrument;
typedef struct drumjax_player drumjax_player;
typedef struct drumjax_sound drumjax_sound;

/* Errors, below 0; drumjax_error describes them. */
enum {
  DRUMJAX_NULL = -1,   /* a pointer that must not be NULL is NULL */
  DRUMJAX_MIX = -2,    /* a weight of the mix is negative or not finite, or all are 0 */
  DRUMJAX_NUMBER = -3, /* a knob or latent is NaN or infinite, or so far out that the sound would be */
  DRUMJAX_SEED = -4,   /* a seed is negative */
  DRUMJAX_AMOUNT = -5, /* an amount is not between 0 and 1 */
  DRUMJAX_DOT = -6,    /* the map of a class has no such dot */
  DRUMJAX_SOUND = -7,  /* a sound has not 1 to 8 channels of finite samples at 1,000 to 768,000 Hz */
  DRUMJAX_SILENT = -8, /* a sound has no sample above -70 dB of full scale */
  DRUMJAX_SHORT = -9,  /* a sound is shorter than 10 ms */
  DRUMJAX_LONG = -10,  /* a sound is longer than 30 s */
  DRUMJAX_MEMORY = -11,
};

/* In place of the seed of a take: the smooth spectrogram, without texture. */
#define DRUMJAX_SMOOTH (-1)

#define DRUMJAX_KNOBS 3

/* The instrument in `size` bytes, which are copied. NULL if they are no instrument file that this version reads, or
 * memory is short; then `error`, of `error_size` bytes, holds a line that says why. */
DRUMJAX_API drumjax_instrument *drumjax_load(const void *bytes, size_t size, char *error, size_t error_size);

/* Frees an instrument, after its players. */
DRUMJAX_API void drumjax_free(drumjax_instrument *instrument);

DRUMJAX_API int drumjax_rate(const drumjax_instrument *instrument);    /* Hz */
DRUMJAX_API int drumjax_samples(const drumjax_instrument *instrument); /* of every wave */
DRUMJAX_API int drumjax_classes(const drumjax_instrument *instrument); /* weights of a mix */
DRUMJAX_API int drumjax_latent(const drumjax_instrument *instrument);  /* latents of a base */

/* Whether takes differ. */
DRUMJAX_API int drumjax_texture(const drumjax_instrument *instrument);

/* The name of a class; NULL where there is none. */
DRUMJAX_API const char *drumjax_class_name(const drumjax_instrument *instrument, int drum_class);

/* What a knob of a class changes, one word; NULL where it has no name. */
DRUMJAX_API const char *drumjax_knob_name(const drumjax_instrument *instrument, int drum_class, int knob);

/* Knobs one and two and the spectral centroid in Hz of `*count` training sounds of a class, three floats each, for a
 * map; NULL where there are none. */
DRUMJAX_API const float *drumjax_map(const drumjax_instrument *instrument, int drum_class, int *count);

/* The latents of a dot of the map, by its number from 0: a base for rendering. Returns 0 or an error. */
DRUMJAX_API int drumjax_dot(const drumjax_instrument *instrument, int drum_class, int dot, float *z);

/* The sources of the training sounds with their licences, as JSON. */
DRUMJAX_API const char *drumjax_sources(const drumjax_instrument *instrument);

/* The latents of the `count` new sounds of a seed of 0 or more: count * drumjax_latent floats, bases for rendering.
 * Returns 0 or an error. */
DRUMJAX_API int drumjax_draw(const drumjax_instrument *instrument, const float *mix, int64_t seed, int count, float *z);

/* The latents at knob positions around `base`, or with NULL around the centre of the mix. Returns 0 or an error. */
DRUMJAX_API int drumjax_place(const drumjax_instrument *instrument, const float *knobs, const float *mix,
                              const float *base, float *z);

/* Moves latents towards the new sound of a seed, in place: an amount of 0 changes nothing, 1 is that sound. Returns 0 or
 * an error. */
DRUMJAX_API int drumjax_vary(const drumjax_instrument *instrument, const float *mix, float amount, int64_t seed,
                             float *z);

/* The knob positions nearest to latents. Returns 0 or an error. */
DRUMJAX_API int drumjax_read_knobs(const drumjax_instrument *instrument, const float *z, const float *mix,
                                   float *knobs);

/* A player of an instrument; NULL if memory is short. */
DRUMJAX_API drumjax_player *drumjax_player_new(const drumjax_instrument *instrument);
DRUMJAX_API void drumjax_player_free(drumjax_player *player);

/* Renders a sound.
 *   knobs  3 positions in standard deviations of the class
 *   mix    weights of the classes, 0 or more; their sum need not be 1
 *   take   seed of the texture, 0 or more, or DRUMJAX_SMOOTH
 *   base   latents that the knobs move around, or NULL for the centre of the mix
 *   wave   drumjax_samples floats, with a peak of 1; zeros after the sound's end
 * Returns the number of samples up to the end, or an error, which leaves silence in `wave`. */
DRUMJAX_API int drumjax_render(drumjax_player *player, const float *knobs, const float *mix, int64_t take,
                               const float *base, float *wave);

/* Listens to a sound of the user's: finds the latents that are nearest to it, which takes some tenths of a second, and
 * keeps the sound as it is.
 *   samples  `count` samples of each channel, the channels of each sample in turn; they are copied
 *   rate     Hz
 *   mix      weights of its classes
 * Returns 0, with the sound in `*sound`, or an error. Like `drumjax_edit` and `drumjax_take` it allocates memory. */
DRUMJAX_API int drumjax_listen(drumjax_player *player, const float *samples, int count, int channels, int rate,
                               const float *mix, drumjax_sound **sound);
DRUMJAX_API void drumjax_sound_free(drumjax_sound *sound);

/* The latents of a sound. */
DRUMJAX_API const float *drumjax_sound_latents(const drumjax_sound *sound);

/* How well the instrument holds a sound: the mean error of its log-mel, in dB. Edits do not add it to the sound. */
DRUMJAX_API float drumjax_sound_error_db(const drumjax_sound *sound);

/* Samples of each channel of an edit, at most. */
DRUMJAX_API int drumjax_edit_samples(const drumjax_player *player, const drumjax_sound *sound);

/* Renders a sound of the user's, at its own rate and in its channels, as `drumjax_render` does one of the instrument:
 * with knobs at 0, its own mix and no other base, its own samples bit for bit; near that it keeps its fine structure,
 * far away the instrument's own sound of the take is heard.
 *   base  latents that the knobs move around, or NULL for the sound's own
 *   wave  drumjax_edit_samples floats for each channel, the channels of each sample in turn
 * Returns the number of samples of each channel, or an error. */
DRUMJAX_API int drumjax_edit(drumjax_player *player, const drumjax_sound *sound, const float *knobs, const float *mix,
                             int64_t take, const float *base, float *wave);

/* Renders another take of a sound of the user's, by a seed of 0 or more: the same hit, a little varied, its noise
 * exchanged for other noise of its level. It lasts as long as the sound. Otherwise as `drumjax_edit`, with the sound's
 * own mix. */
DRUMJAX_API int drumjax_take(drumjax_player *player, const drumjax_sound *sound, const float *knobs, int64_t seed,
                             const float *base, float *wave);

/* What an error means, in English. */
DRUMJAX_API const char *drumjax_error(int error);

/* For tests: copies a stage of the player's last sound and returns its number of floats; `out` may be NULL.
 * 0: decoded mel, 1: mel of the take, both (frames, mels); 2: magnitudes, (bins, frames up to the end); 3: phases in
 * turns, (packed bins, the same frames), both parts of a packed spectrum in the order of `drumjax.sound.packed`. */
DRUMJAX_API size_t drumjax_stage(const drumjax_player *player, int stage, float *out);

#ifdef __cplusplus
}
#endif
#endif
