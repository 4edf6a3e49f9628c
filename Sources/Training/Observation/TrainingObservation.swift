import DistributedOptimizer
import FileIO
import MPI
import Reporting

/// What a command tells about its training to others than the one who started it: the file of `--metrics-file`, and the
/// one of `--trace`. Every rank has one; rank 0 writes.
///
/// Nothing that it does changes a result, and a file that cannot be written any more ends no training.
final class TrainingObservation {
    /// At rank 0, where it was asked for.
    let metrics: MetricsFile?
    /// The timeline of this rank; nil: no trace was asked for.
    let timeline: Timeline?
    private var trace: TraceFile?
    /// The moments of the ranks' clocks that are 0 in the trace, at rank 0.
    private let origins: [UInt64]
    private let world: Communicator
    private let console: Console
    private var hasToldOfRoom = false

    /// Begins the files that are asked for. Collective.
    ///
    /// - Parameter run: the folder of the run.
    init(_ control: RunControl, run: String, world: Communicator, console: Console) throws {
        self.world = world
        self.console = console
        let files = try world.collectively { () throws -> (metrics: MetricsFile?, trace: TraceFile?) in
            guard world.rank == 0 else { return (nil, nil) }
            return (
                try control.metricsFile.map { try MetricsFile($0, run: run, ranks: world.size, console: console) },
                try control.trace.map { try TraceFile($0, ranks: world.size) }
            )
        }
        metrics = files.metrics
        trace = files.trace
        guard control.trace != nil else {
            timeline = nil
            origins = []
            return
        }
        timeline = Timeline(capacity: TraceFile.capacity, limit: TraceFile.limit / world.size)
        // Clocks of different machines have nothing in common but the end of this barrier.
        try world.barrier()
        origins = try world.gather(PhaseClock.now, at: 0) ?? []
    }

    /// Writes the events since the last call to the trace. Collective.
    ///
    /// - Parameter written: of checkpoints at rank 0, on a line of their own.
    func writeTrace(_ written: [Timeline.Event] = []) throws(MPIError) {
        guard let timeline else { return }
        let words = try world.gather(timeline.take(), at: 0)
        let droppedCount = try world.reduce(timeline.droppedCount, .sum, at: 0)
        guard let words, let droppedCount else { return }
        write { (trace) throws(FileError) in
            for rank in words.indices {
                try trace.append(Timeline.events(words[rank]), rank: rank, origin: origins[rank])
            }
            try trace.append(written, rank: 0, origin: origins[0])
            guard droppedCount > 0, !hasToldOfRoom else { return }
            hasToldOfRoom = true
            let text =
                "steps and phases are left out from here on: there is room for "
                + "\(NumberText.grouped(TraceFile.capacity)) of a rank in an epoch, and for "
                + "\(NumberText.grouped(TraceFile.limit)) of all"
            try trace.mark(text, at: PhaseClock.now, origin: origins[0])
            console.info("--trace: \(text)")
        }
    }

    /// Ends the files, at rank 0.
    func end(_ state: MetricsFile.State) {
        metrics?.update(state)
        write { (trace) throws(FileError) in try trace.end() }
        trace = nil
    }

    /// Ends the files of a training that has failed, at rank 0, with what this rank knows alone.
    func fail() {
        metrics?.update(.failed)
        write { (trace) throws(FileError) in
            if let timeline { try trace.append(Timeline.events(timeline.take()[...]), rank: 0, origin: origins[0]) }
            try trace.end()
        }
        trace = nil
    }

    private func write(_ body: (TraceFile) throws(FileError) -> Void) {
        guard let trace else { return }
        do throws(FileError) { try body(trace) } catch {
            console.warning("\(error)")
            self.trace = nil
        }
    }
}
