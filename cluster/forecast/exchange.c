// The messages of training steps without their content: a skeleton of Sources/DistributedOptimizer.
//
//   smpicc -O2 -o exchange-simulated exchange.c      under SimGrid: computing is smpi_execute, time is simulated
//   mpicc -O2 -o exchange exchange.c                 under MPI: computing is waiting, time is measured
//
//   exchange SCHEDULE direct|halving [STEPS]
//
// SCHEDULE is what `trainer forecast --schedule` writes. The step for this number of ranks is taken STEPS times (3), and
// rank 0 prints: ranks, hosts, way, milliseconds of a step by the slowest rank, milliseconds by the forecast. Ranks are
// numbered host by host, as the trainer's are under `mpirun --map-by slot`.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef SIMULATED
#include <smpi/smpi.h>
#endif

// A message travels in pieces of so many bytes, as those of MessageRound do.
enum { piece_bytes = 64000, most_rounds = 64, tag = 1 };

enum kind { fetch, reduce, spread, kinds };
static const char *const kind_names[kinds] = {"fetch", "reduce", "spread"};

// A round: messages of a rank, bytes of each, seconds of adding up behind it.
struct round {
    int messages;
    long bytes;
    double seconds;
};

struct step {
    int ranks, hosts;
    double forecast, compute, pack, optimizer;
    int count[kinds];
    struct round rounds[kinds][most_rounds];
};

static void fail(const char *what) {
    fprintf(stderr, "exchange: %s\n", what);
    MPI_Abort(MPI_COMM_WORLD, 65);
}

// Computes for a time: simulated, or spent.
static void work(double seconds) {
    if (seconds <= 0) return;
#ifdef SIMULATED
    smpi_execute(seconds);
#else
    double end = MPI_Wtime() + seconds;
    while (MPI_Wtime() < end) {}
#endif
}

// Reads the step of so many ranks in one way to exchange.
static struct step read_step(const char *path, int ranks, const char *way) {
    struct step step = {0};
    FILE *file = fopen(path, "r");
    if (!file) fail("the schedule cannot be read");
    char line[256], name[32];
    int is_ours = 0;
    while (fgets(line, sizeof line, file)) {
        int hosts, count;
        long bytes;
        double seconds;
        char its_way[32];
        if (sscanf(line, "step %d %d %31s %lf", &count, &hosts, its_way, &seconds) == 4) {
            if (is_ours) break;
            is_ours = count == ranks && strcmp(its_way, way) == 0;
            if (is_ours) {
                step.ranks = count;
                step.hosts = hosts;
                step.forecast = seconds;
            }
            continue;
        }
        if (!is_ours) continue;
        if (sscanf(line, "compute %lf", &step.compute) == 1 || sscanf(line, "pack %lf", &step.pack) == 1 ||
            sscanf(line, "optimizer %lf", &step.optimizer) == 1)
            continue;
        if (sscanf(line, "%31s %d %ld %lf", name, &count, &bytes, &seconds) != 4) continue;
        for (int kind = 0; kind < kinds; kind++) {
            if (strcmp(name, kind_names[kind]) != 0) continue;
            if (step.count[kind] == most_rounds) fail("the schedule has too many rounds");
            step.rounds[kind][step.count[kind]++] = (struct round){count, bytes, seconds};
        }
    }
    fclose(file);
    if (!step.ranks) fail("the schedule has no step for this number of ranks in this way");
    return step;
}

static char *outgoing, *incoming;

// One rank of every host: its peers have the same place on theirs.
struct rail {
    int host, hosts, place, width;
};

static int peer(struct rail rail, int host) { return host * rail.width + rail.place; }

static int pieces(long bytes) { return bytes > piece_bytes ? (int)((bytes + piece_bytes - 1) / piece_bytes) : 1; }

// Starts to send and to receive a message in pieces; the slots of `requests` behind those that are used already.
static int start(MPI_Request *requests, int used, int to, int from, char *out, char *in, long bytes) {
    for (long first = 0; from >= 0 && (first < bytes || first == 0); first += piece_bytes) {
        long count = bytes - first < piece_bytes ? bytes - first : piece_bytes;
        MPI_Irecv(in + first, (int)count, MPI_BYTE, from, tag, MPI_COMM_WORLD, &requests[used++]);
    }
    for (long first = 0; to >= 0 && (first < bytes || first == 0); first += piece_bytes) {
        long count = bytes - first < piece_bytes ? bytes - first : piece_bytes;
        MPI_Isend(out + first, (int)count, MPI_BYTE, to, tag, MPI_COMM_WORLD, &requests[used++]);
    }
    return used;
}

// Each to each other one, beginning with the next; `while_waiting` and `each` seconds of work run while messages travel.
static void exchange_direct(struct rail rail, struct round round, MPI_Request *requests, double while_waiting,
                            double each) {
    int used = 0;
    for (int i = 1; i < rail.hosts; i++) {
        int from = peer(rail, (rail.host + i) % rail.hosts);
        used = start(requests, used, -1, from, NULL, incoming + (i - 1) * round.bytes, round.bytes);
    }
    int received = used;
    for (int i = 1; i < rail.hosts; i++)
        used = start(requests, used, peer(rail, (rail.host + i) % rail.hosts), -1, outgoing, NULL, round.bytes);
    work(while_waiting);
    int per_message = pieces(round.bytes);
    for (int done = 0; done < received; done++) {
        int index;
        MPI_Waitany(received, requests, &index, MPI_STATUS_IGNORE);
        work(each / per_message);
    }
    MPI_Waitall(used - received, requests + received, MPI_STATUSES_IGNORE);
    work(round.seconds);
}

// A round of a halving: the one that is sent to, those that send.
struct meeting {
    int destination, sources[2], source_count;
};

// The rounds of a host, as HalvingSchedule has them: hosts at even and at odd places of a group are its halves, and
// neighbours meet. Without a neighbour behind it the last one sends to the one before it.
static int meetings(int host, int hosts, struct meeting *rounds) {
    int first = 0, stride = 1, count = hosts, number = 0;
    while (count > 1) {
        int place = (host - first) / stride, odd = count / 2;
        struct meeting *round = &rounds[number++];
        if (place % 2 == 0) {
            int has_neighbour = place + 1 < count;
            round->destination = host + (has_neighbour ? stride : -stride);
            round->source_count = has_neighbour;
            round->sources[0] = host + stride;
            count = count - odd;
        } else {
            int has_two = count % 2 == 1 && place == count - 2;
            round->destination = host - stride;
            round->source_count = 1 + has_two;
            round->sources[0] = host - stride;
            round->sources[1] = host + stride;
            first += stride;
            count = odd;
        }
        stride *= 2;
    }
    return number;
}

// A round: messages to and from some hosts, with work while they travel.
static void exchange_some(struct rail rail, struct round round, MPI_Request *requests, const int *to, int to_count,
                          const int *from, int from_count, double while_waiting) {
    int used = 0;
    for (int i = 0; i < from_count; i++)
        used = start(requests, used, -1, peer(rail, from[i]), NULL, incoming + i * round.bytes, round.bytes);
    for (int i = 0; i < to_count; i++)
        used = start(requests, used, peer(rail, to[i]), -1, outgoing, NULL, round.bytes);
    work(while_waiting);
    MPI_Waitall(used, requests, MPI_STATUSES_IGNORE);
    work(round.seconds);
}

// Halves of halves, and the same ways back; Adam over what is there while more travels.
static void exchange_halving(struct rail rail, const struct step *step, MPI_Request *requests) {
    struct meeting rounds[most_rounds];
    int count = meetings(rail.host, rail.hosts, rounds), all = step->count[reduce];
    for (int number = 0; number < count; number++) {
        struct meeting *round = &rounds[number];
        exchange_some(rail, step->rounds[reduce][number], requests, &round->destination, 1, round->sources,
                      round->source_count, 0);
    }
    double done = 0, there = 1.0 / (1 << count);
    for (int number = count - 1; number >= 0; number--) {
        struct meeting *round = &rounds[number];
        exchange_some(rail, step->rounds[spread][all - 1 - number], requests, round->sources, round->source_count,
                      &round->destination, 1, step->optimizer * (there - done));
        done = there;
        there *= 2;
    }
    work(step->optimizer * (1 - done));
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (argc < 3) fail("usage: exchange SCHEDULE direct|halving [STEPS]");
    int is_direct = strcmp(argv[2], "direct") == 0;
    int steps = argc > 3 ? atoi(argv[3]) : 3;
    struct step step = read_step(argv[1], ranks, argv[2]);
    int width = (ranks + step.hosts - 1) / step.hosts;
    if (width * step.hosts != ranks) fail("not all hosts have the same number of ranks");
    struct rail rail = {rank / width, step.hosts, rank % width, width};
    long most = 1;
    int requests_needed = 1;
    for (int kind = 0; kind < kinds; kind++) {
        for (int i = 0; i < step.count[kind]; i++) {
            struct round round = step.rounds[kind][i];
            // In a halving a host can send one message and receive two, or the other way round.
            int messages = round.messages > 2 ? round.messages : 2;
            if (messages * round.bytes > most) most = messages * round.bytes;
            int count = 2 * messages * pieces(round.bytes);
            if (count > requests_needed) requests_needed = count;
        }
    }
#ifdef SIMULATED
    // Nobody reads what is sent: all ranks share the same memory.
    outgoing = SMPI_SHARED_MALLOC(most);
    incoming = SMPI_SHARED_MALLOC(most);
#else
    outgoing = calloc(most, 1);
    incoming = calloc(most, 1);
#endif
    MPI_Request *requests = malloc(sizeof(MPI_Request) * requests_needed);
    MPI_Barrier(MPI_COMM_WORLD);
    double begin = MPI_Wtime();
    for (int number = 0; number < steps; number++) {
        for (int i = 0; i < step.count[fetch]; i++) exchange_direct(rail, step.rounds[fetch][i], requests, 0, 0);
        work(step.compute);
        work(step.pack);
        if (step.hosts == 1) {
            work(step.optimizer);
        } else if (is_direct) {
            exchange_direct(rail, step.rounds[reduce][0], requests, 0, 0);
            double part = step.optimizer / rail.hosts;
            exchange_direct(rail, step.rounds[spread][0], requests, part, part);
        } else {
            exchange_halving(rail, &step, requests);
        }
    }
    double own = (MPI_Wtime() - begin) / steps, slowest = 0;
    MPI_Reduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    if (rank == 0)
        printf("%d %d %s %.4f %.4f\n", ranks, step.hosts, argv[2], 1e3 * slowest, 1e3 * step.forecast);
    free(requests);
    MPI_Finalize();
    return 0;
}
