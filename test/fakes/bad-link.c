/* A bad link of packets between two network interfaces: slow, late, lossy and switched off as told. It does what `tc netem` does with
   rate, delay and loss, where the kernel has no netem.

   bad-link TUN_A TUN_B BYTES_PER_SECOND LATENCY_MS LOSS_PERCENT
   Makes both interfaces and prints `ready`; they live as long as it does. `d` on stdin takes the link down, `u` brings it back, the end of stdin ends it. */
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MOST_WAITING 200
#define MOST_BYTES 2048

typedef struct { double due; int bytes; unsigned char packet[MOST_BYTES]; } Packet;
typedef struct { Packet waiting[MOST_WAITING]; int first, count; double free_at; } Direction;

static Direction directions[2];

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000.0 + time.tv_nsec / 1e6;
}

static int open_tun(const char *name) {
  struct ifreq request = {0};
  int fd = open("/dev/net/tun", O_RDWR);
  if (fd < 0) { perror("/dev/net/tun"); exit(2); }
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (ioctl(fd, TUNSETIFF, &request) < 0) { perror(name); exit(2); }
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 6) return 1;
  int fds[2] = {open_tun(argv[1]), open_tun(argv[2])};
  double rate = atof(argv[3]), latency = atof(argv[4]), loss = atof(argv[5]) / 100;
  int up = 1;
  long crossed = 0, lost = 0;
  srand48(7);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    double now = now_ms(), next = now + 1000;
    for (int way = 0; way < 2; way++) {
      Direction *line = &directions[way];
      while (line->count > 0 && line->waiting[line->first].due <= now) {
        Packet *packet = &line->waiting[line->first];
        if (up && write(fds[1 - way], packet->packet, packet->bytes) > 0) crossed++;
        line->first = (line->first + 1) % MOST_WAITING;
        line->count--;
      }
      if (line->count > 0 && line->waiting[line->first].due < next) next = line->waiting[line->first].due;
    }
    struct pollfd polls[3] = {{fds[0], POLLIN, 0}, {fds[1], POLLIN, 0}, {0, POLLIN, 0}};
    poll(polls, 3, next > now ? (int)(next - now) + 1 : 0);
    if (polls[2].revents) {
      char command;
      if (read(0, &command, 1) <= 0) break;
      if (command == 'd') up = 0;
      if (command == 'u') up = 1;
    }
    for (int way = 0; way < 2; way++) {
      unsigned char packet[MOST_BYTES];
      if (!(polls[way].revents & POLLIN)) continue;
      int bytes = read(fds[way], packet, sizeof packet);
      Direction *line = &directions[way];
      if (bytes <= 0) continue;
      if (!up || drand48() < loss || line->count == MOST_WAITING) { lost++; continue; }
      double start = now_ms();
      if (line->free_at > start) start = line->free_at;
      line->free_at = start + bytes / rate * 1000;
      Packet *kept = &line->waiting[(line->first + line->count) % MOST_WAITING];
      kept->due = line->free_at + latency;
      kept->bytes = bytes;
      memcpy(kept->packet, packet, bytes);
      line->count++;
    }
  }
  printf("crossed %ld lost %ld\n", crossed, lost);
  return 0;
}
