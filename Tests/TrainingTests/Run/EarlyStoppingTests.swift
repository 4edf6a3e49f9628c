import Testing
import Training

@Suite struct EarlyStoppingTests {
    /// The number of results after which training ends, nil when it does not.
    static func end(of results: [Double], patience: Int = 10) -> Int? {
        var stopping = EarlyStopping(notRising: patience)
        for (index, result) in results.enumerated() {
            _ = stopping.add(result)
            if stopping.shouldStop { return index + 1 }
        }
        return nil
    }

    @Test func `the first twenty results never end a training`() {
        #expect(Self.end(of: (0..<20).map { -Double($0) }) == nil)
        #expect(Self.end(of: (0..<21).map { -Double($0) }) == 21)
    }

    @Test func `ten results in a row that never rise end it, equal ones included`() {
        let rising = (0..<25).map(Double.init)
        // The last rising result is the first of those that never rise.
        #expect(Self.end(of: rising + [Double](repeating: 24, count: 20)) == 34)
        #expect(Self.end(of: rising + (0..<19).map { $0.isMultiple(of: 5) ? 20.5 : 20 }) == nil)
    }

    @Test func `a best result that is more than twenty epochs old ends it`() {
        // Up and down below the best, so that ten in a row never fall.
        let results = [9.0] + (0..<40).map { Double($0 % 2) }
        #expect(Self.end(of: results) == 21)
        let later = (0..<10).map(Double.init) + (0..<40).map { Double($0 % 2) }
        // The best is result 10: twenty more are looked at.
        #expect(Self.end(of: later) == 30)
    }

    @Test func `the first of equal results is the best`() {
        var stopping = EarlyStopping(notRising: 10)
        let areBest = [0.5, 0.5, 0.6].map { stopping.add($0) }
        #expect(areBest == [true, false, true])
        #expect(stopping.bestEpoch == 3 && stopping.best == 0.6)
    }

    @Test func `where rises do not count, only the age of the best result ends it`() {
        var stopping = EarlyStopping(notRising: 10, patience: 3, countsRises: false)
        var ends: [Bool] = []
        for result in [1.0, 0.5, 0.25, 2, 1, 1, 1] {
            _ = stopping.add(result)
            ends.append(stopping.shouldStop)
        }
        #expect(ends == [false, false, false, false, false, false, true])
    }

    @Test func `patience 0 never ends a training`() {
        #expect(Self.end(of: [Double](repeating: 0, count: 100), patience: 0) == nil)
    }
}
