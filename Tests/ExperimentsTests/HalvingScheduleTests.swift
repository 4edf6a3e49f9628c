import Experiments
import KernelCore
import Testing

/// Who is promoted.
@Suite struct HalvingScheduleTests {
    /// Runs a schedule with trainings that finish in a random order, so many at a time.
    ///
    /// - Parameter outcome: of a candidate at a rung.
    private static func run(
        _ schedule: HalvingSchedule, parallel: Int, seed: UInt64, outcome: (Int, Int) -> RungOutcome
    ) -> (schedule: HalvingSchedule, jobs: Set<HalvingSchedule.Job>) {
        var (schedule, jobs, running) = (schedule, Set<HalvingSchedule.Job>(), [HalvingSchedule.Job]())
        var random = RandomStream(seed: seed, purpose: .hyperparameters, iteration: 9, element: 9)
        while true {
            let next = schedule.jobs.filter { !running.contains($0) }
            // Not always the first one, as workers find different ones taken.
            while running.count < parallel,
                let job = next.filter({ !running.contains($0) }).randomElement(using: &random)
            {
                running.append(job)
                jobs.insert(job)
            }
            guard !running.isEmpty else { return (schedule, jobs) }
            let job = running.remove(at: Int.random(in: running.indices, using: &random))
            schedule[job.candidate, job.rung] = outcome(job.candidate, job.rung)
        }
    }

    /// Values of candidates that change their order between rungs, some equal, some failures.
    private static func outcome(_ seed: UInt64) -> (Int, Int) -> RungOutcome {
        { candidate, rung in
            var stream = RandomStream(
                seed: seed, purpose: .hyperparameters, iteration: UInt32(rung), element: UInt32(candidate))
            let value = Double(stream.next(below: 40)) / 40
            return stream.next(below: 12) == 0 ? .failed : .value(value)
        }
    }

    @Test(arguments: 0..<60)
    func `what is trained and who wins depend on no order of finishing`(seed: UInt64) {
        let empty = HalvingSchedule(
            candidates: 1 + Int(seed * 7 % 40), rungs: 1 + Int(seed % 4), factor: 2 + Int(seed % 3))
        let first = Self.run(empty, parallel: 1, seed: 0, outcome: Self.outcome(seed))
        #expect(first.schedule.isComplete && first.schedule.jobs.isEmpty)
        for (parallel, order) in [(1, 1), (2, 2), (5, 3), (100, 4), (3, 5)] as [(Int, UInt64)] {
            let other = Self.run(empty, parallel: parallel, seed: order, outcome: Self.outcome(seed))
            #expect(other.jobs == first.jobs)
            #expect(other.schedule == first.schedule)
            #expect(other.schedule.entered == first.schedule.entered)
            #expect(other.schedule.standings == first.schedule.standings)
        }
    }

    @Test func `who has entered a rung stays, and others come behind`() {
        var schedule = HalvingSchedule(candidates: 24, rungs: 3, factor: 3)
        var random = RandomStream(seed: 5, purpose: .hyperparameters, iteration: 0, element: 0)
        var before = schedule.entered
        while let job = schedule.jobs.randomElement(using: &random) {
            schedule[job.candidate, job.rung] = Self.outcome(5)(job.candidate, job.rung)
            let now = schedule.entered
            for (old, new) in zip(before, now) { #expect(new.entrants.starts(with: old.entrants)) }
            before = now
        }
        #expect(schedule.isComplete)
    }

    @Test(arguments: 0..<20) func `whoever synchronous halving promotes is promoted`(seed: UInt64) {
        let outcome = Self.outcome(seed)
        let schedule = Self.run(
            HalvingSchedule(candidates: 27, rungs: 2, factor: 3), parallel: 4, seed: seed, outcome: outcome
        ).schedule
        let ranked = (0..<27).filter { outcome($0, 0).value != nil }.sorted {
            (outcome($0, 0).value ?? 0, -$0) > (outcome($1, 0).value ?? 0, -$1)
        }
        #expect(Set(schedule.entered[1].entrants).isSuperset(of: ranked.prefix(9)))
    }

    @Test func `a decision waits for those before it and for nobody else`() {
        var schedule = HalvingSchedule(candidates: 9, rungs: 2, factor: 3)
        for (candidate, value) in [(1, 0.5), (2, 0.3), (5, 0.9)] { schedule[candidate, 0] = .value(value) }
        #expect(schedule.entered[1].entrants == [], "the first one is missing")
        schedule[0, 0] = .value(0.4)
        #expect(schedule.entered[1].entrants == [1], "the best of the first three")
        #expect(schedule.jobs.first == HalvingSchedule.Job(candidate: 1, rung: 1))
        schedule[3, 0] = .failed
        schedule[4, 0] = .value(0.2)
        #expect(schedule.entered[1].entrants == [1, 5], "the two best of the first six")
        #expect(!schedule.entered[1].isClosed)
    }

    @Test func `a rung that has promoted nobody promotes its best one at its end`() {
        var schedule = HalvingSchedule(candidates: 2, rungs: 3, factor: 4)
        schedule[0, 0] = .value(0.1)
        #expect(schedule.entered[1].entrants == [])
        schedule[1, 0] = .value(0.2)
        #expect(schedule.entered[1].entrants == [1] && schedule.entered[2].entrants == [])
        schedule[1, 1] = .value(0.3)
        schedule[1, 2] = .failed
        #expect(schedule.isComplete)
        #expect(schedule.winner?.candidate == 1 && schedule.winner?.value == 0.3)
        #expect(schedule.winner?.failedRung == 2)
    }

    @Test func `where all have failed nobody wins`() {
        var schedule = HalvingSchedule(candidates: 3, rungs: 2, factor: 2)
        for candidate in 0..<3 { schedule[candidate, 0] = candidate == 1 ? .value(.nan) : .failed }
        #expect(schedule.isComplete && schedule.winner == nil)
    }

    @Test func `of equal ones the first wins`() {
        var schedule = HalvingSchedule(candidates: 3, rungs: 1, factor: 2)
        for candidate in [2, 0, 1] { schedule[candidate, 0] = .value(candidate == 0 ? 0.1 : 0.2) }
        #expect(schedule.standings.map(\.candidate) == [1, 2, 0])
    }
}
