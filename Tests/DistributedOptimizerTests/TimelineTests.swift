import DistributedOptimizer
import Testing

@Suite struct TimelineTests {
    private static func events(_ timeline: Timeline) -> [Timeline.Event] {
        Array(Timeline.events(timeline.take()[...]))
    }

    @Test func `events come back in the order of their beginnings, and once`() throws {
        let timeline = Timeline(capacity: 10, limit: 100)
        let epoch = try #require(timeline.open(.epoch, number: 3, at: 1_000))
        let step = try #require(timeline.open(.step, number: 70_000_000_000, at: 2_000))
        timeline.add(.forward, from: 2_000, to: 5_000)
        timeline.add(.waiting, from: 5_000, to: 5_999)
        timeline.add(.backward, from: 6_000, to: 9_000)
        timeline.close(step, at: 9_500)
        timeline.close(epoch, at: 10_000)
        #expect(
            Self.events(timeline) == [
                Timeline.Event(.epoch, number: 3, start: 1_000, duration: 9_000),
                Timeline.Event(.step, number: 70_000_000_000, start: 2_000, duration: 7_500),
                Timeline.Event(.forward, number: 0, start: 2_000, duration: 3_000),
                Timeline.Event(.backward, number: 0, start: 6_000, duration: 3_000),
            ], "what is too short is left out")
        #expect(Self.events(timeline).isEmpty && timeline.droppedCount == 0)
    }

    @Test func `where there is no room steps and phases are left out and counted, and the others stay`() {
        let timeline = Timeline(capacity: 3, limit: 5)
        func addTen() {
            for step in 0..<5 {
                let slot = timeline.open(.step, number: step, at: 0)
                timeline.add(.forward, from: 0, to: 2_000)
                if let slot { timeline.close(slot, at: 2_000) }
            }
            if let slot = timeline.open(.evaluation, number: 1, at: 2_000) { timeline.close(slot, at: 3_000) }
        }
        addTen()
        #expect(timeline.droppedCount == 7)
        #expect(Self.events(timeline).map(\.kind) == [.step, .forward, .step, .evaluation])
        addTen()
        #expect(Self.events(timeline).map(\.kind) == [.step, .forward, .evaluation], "five of all")
        addTen()
        #expect(Self.events(timeline).map(\.kind) == [.evaluation] && timeline.droppedCount == 7 + 8 + 10)
    }

    @Test func `the phases of a clock fill its steps without a gap`() {
        let timeline = Timeline(capacity: 100, limit: 100)
        let clock = PhaseClock()
        clock.pause()
        clock.clear()
        clock.timeline = timeline
        #expect(clock.begin(.forward) == nil && clock.seconds.allSatisfy { $0 == 0 }, "it stands")
        func spend() {
            let start = PhaseClock.now
            while PhaseClock.now - start < 20_000 {}
        }
        for step in 1...2 {
            clock.beginStep(step)
            spend()
            #expect(clock.begin(.forward) == .batch)
            spend()
            clock.begin(.backward)
            spend()
        }
        clock.pause()
        spend()
        let events = Self.events(timeline)
        #expect(events.map(\.kind) == [.step, .batch, .forward, .backward, .step, .batch, .forward, .backward])
        #expect(events.map(\.number) == [1, 0, 0, 0, 2, 0, 0, 0])
        for (event, next) in zip(events, events.dropFirst()) where event.kind != .step {
            #expect(event.start + event.duration == next.start)
        }
        for step in 0..<2 {
            let phases = events[(4 * step + 1)...(4 * step + 3)].reduce(0) { $0 + $1.duration }
            #expect(events[4 * step].duration == phases)
        }
        let total = events.filter { $0.kind == .step }.reduce(0) { $0 + $1.duration }
        #expect(abs(clock.seconds.reduce(0, +) - Double(total) * 1e-9) < 1e-9)
    }
}
