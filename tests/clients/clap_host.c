/* A CLAP host without a window, for tests, as a library: loaded by tests/clients/clap_host.py. Preloaded into a process
 * (LD_PRELOAD), it counts what a plugin allocates, frees and locks while it processes a block. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "clap/entry.h"
#include "clap/ext/audio-ports.h"
#include "clap/ext/params.h"
#include "clap/ext/state.h"
#include "clap/plugin-factory.h"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);
static __thread int processing;
static __thread long counted;
static int (*real_lock)(pthread_mutex_t *);

void *malloc(size_t size) { counted += processing; return __libc_malloc(size); }
void *calloc(size_t n, size_t size) { counted += processing; return __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { counted += processing; return __libc_realloc(p, size); }
void free(void *p) { counted += processing; __libc_free(p); }
int pthread_mutex_lock(pthread_mutex_t *mutex) {
  counted += processing;
  if (!real_lock) *(void **)&real_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
  return real_lock(mutex);
}

typedef struct { uint32_t time, kind; union { struct { uint32_t id; double value; } param; uint8_t midi[4]; } u; } Event;
enum { MIDI, PARAMETER };
enum { PORTS = 64 };

typedef struct {
  const clap_plugin_t *plugin;
  const Event *events;
  uint32_t count;
  union { clap_event_header_t header; clap_event_midi_t midi; clap_event_param_value_t param; } event;
  uint8_t *bytes;
  size_t size, place;
} Host;

static const void *no_extension(const clap_host_t *host, const char *id) { (void)host; (void)id; return NULL; }
static void nothing(const clap_host_t *host) { (void)host; }
static const clap_host_t HOST = {CLAP_VERSION, NULL, "test", "", "", "", no_extension, nothing, nothing, nothing};

static uint32_t event_count(const clap_input_events_t *list) { return ((Host *)list->ctx)->count; }
static const clap_event_header_t *event_at(const clap_input_events_t *list, uint32_t index) {
  Host *host = list->ctx;
  const Event *from = host->events + index;
  memset(&host->event, 0, sizeof host->event);
  if (from->kind == MIDI) {
    host->event.header = (clap_event_header_t){sizeof(clap_event_midi_t), from->time, 0, CLAP_EVENT_MIDI, 0};
    memcpy(host->event.midi.data, from->u.midi, 3);
  } else {
    host->event.header = (clap_event_header_t){sizeof(clap_event_param_value_t), from->time, 0, CLAP_EVENT_PARAM_VALUE, 0};
    host->event.param.param_id = from->u.param.id;
    host->event.param.value = from->u.param.value;
  }
  return &host->event.header;
}
static bool drop(const clap_output_events_t *list, const clap_event_header_t *event) { (void)list; (void)event; return true; }

Host *host_open(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  const clap_plugin_entry_t *entry = library ? dlsym(library, "clap_entry") : NULL;
  if (!entry || !entry->init(path)) return NULL;
  const clap_plugin_factory_t *factory = entry->get_factory(CLAP_PLUGIN_FACTORY_ID);
  Host *host = calloc(1, sizeof *host);
  host->plugin = factory->create_plugin(factory, &HOST, factory->get_plugin_descriptor(factory, 0)->id);
  return host->plugin && host->plugin->init(host->plugin) ? host : NULL;
}

void host_close(Host *host) {
  host->plugin->destroy(host->plugin);
  free(host);
}

int host_activate(Host *host, double rate, uint32_t most) {
  return host->plugin->activate(host->plugin, rate, 1, most) && host->plugin->start_processing(host->plugin);
}

void host_deactivate(Host *host) {
  host->plugin->stop_processing(host->plugin);
  host->plugin->deactivate(host->plugin);
}

uint32_t host_ports(Host *host) {
  const clap_plugin_audio_ports_t *ports = host->plugin->get_extension(host->plugin, CLAP_EXT_AUDIO_PORTS);
  return ports->count(host->plugin, false);
}

/* Processes a block into `out`, stereo port after stereo port. Returns the number of allocations and locks, -1 for an error. */
long host_process(Host *host, uint32_t frames, const Event *events, uint32_t count, float *out) {
  float *channels[2 * PORTS];
  clap_audio_buffer_t buffers[PORTS] = {0};
  const uint32_t ports = host_ports(host);
  for (uint32_t i = 0; i < ports; ++i) {
    channels[2 * i] = out + 2 * i * frames;
    channels[2 * i + 1] = out + (2 * i + 1) * frames;
    buffers[i].data32 = channels + 2 * i;
    buffers[i].channel_count = 2;
  }
  host->events = events;
  host->count = count;
  const clap_input_events_t in = {host, event_count, event_at};
  const clap_output_events_t dropped = {host, drop};
  clap_process_t process = {0};
  process.steady_time = -1;
  process.frames_count = frames;
  process.audio_outputs = buffers;
  process.audio_outputs_count = ports;
  process.in_events = &in;
  process.out_events = &dropped;
  counted = 0;
  processing = 1;
  const clap_process_status status = host->plugin->process(host->plugin, &process);
  processing = 0;
  return status == CLAP_PROCESS_ERROR ? -1 : counted;
}

/* The allocations of one call of malloc and free: 2 if they are counted, else 0. */
long host_counts(void) {
  counted = 0;
  processing = 1;
  void *volatile memory = malloc(8);
  free(memory);
  processing = 0;
  return counted;
}

static const clap_plugin_params_t *parameters(Host *host) {
  return host->plugin->get_extension(host->plugin, CLAP_EXT_PARAMS);
}
uint32_t host_parameters(Host *host) { return parameters(host)->count(host->plugin); }
void host_name(Host *host, uint32_t index, char *name) {
  clap_param_info_t info;
  parameters(host)->get_info(host->plugin, index, &info);
  strcpy(name, info.name);
}
double host_value(Host *host, uint32_t id) {
  double value = 0;
  parameters(host)->get_value(host->plugin, id, &value);
  return value;
}

static int64_t write_state(const clap_ostream_t *stream, const void *bytes, uint64_t size) {
  Host *host = stream->ctx;
  host->bytes = realloc(host->bytes, host->size + size);
  memcpy(host->bytes + host->size, bytes, size);
  host->size += size;
  return (int64_t)size;
}
static int64_t read_state(const clap_istream_t *stream, void *bytes, uint64_t size) {
  Host *host = stream->ctx;
  if (size > host->size - host->place) size = host->size - host->place;
  memcpy(bytes, host->bytes + host->place, size);
  host->place += size;
  return (int64_t)size;
}
static const clap_plugin_state_t *state(Host *host) { return host->plugin->get_extension(host->plugin, CLAP_EXT_STATE); }

size_t host_save(Host *host, uint8_t *bytes, size_t most) {
  const clap_ostream_t stream = {host, write_state};
  host->bytes = NULL;
  host->size = 0;
  if (!state(host)->save(host->plugin, &stream) || host->size > most) return 0;
  memcpy(bytes, host->bytes, host->size);
  free(host->bytes);
  return host->size;
}
int host_load(Host *host, uint8_t *bytes, size_t size) {
  const clap_istream_t stream = {host, read_state};
  host->bytes = bytes;
  host->size = size;
  host->place = 0;
  return state(host)->load(host->plugin, &stream);
}
