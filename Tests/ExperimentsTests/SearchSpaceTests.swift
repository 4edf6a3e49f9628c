import Experiments
import Testing

/// What trials are made of.
@Suite struct SearchSpaceTests {
    private static func space(_ domains: (String, SearchParameter.Domain)...) -> SearchSpace {
        SearchSpace(domains.map { SearchParameter(name: $0.0, domain: $0.1, line: 1) })
    }

    @Test func `a grid has all combinations, the last option changing fastest`() {
        let space = Self.space(("lr", .choices(["0.1", "0.01"])), ("layers", .choices(["2", "1", "3"])))
        #expect(
            space.grid() == [
                ["0.1", "2"], ["0.1", "1"], ["0.1", "3"], ["0.01", "2"], ["0.01", "1"], ["0.01", "3"],
            ])
        #expect(space.size == 6)
        #expect(Self.space(("lr", .uniform(0, 1))).grid() == nil && Self.space(("lr", .uniform(0, 1))).size == nil)
    }

    @Test func `the same seed draws the same, and more trials or options change nothing of it`() throws {
        let space = Self.space(
            ("lr", .logUniform(1e-4, 1e-2)), ("dropout", .uniform(0, 0.5)), ("layers", .integer(1, 3)))
        let drawn = try #require(space.draw(20, seed: 7))
        #expect(space.draw(20, seed: 7) == drawn && space.draw(20, seed: 8) != drawn)
        #expect(space.draw(30, seed: 7)?.prefix(20).elementsEqual(drawn) == true)
        let larger = SearchSpace(
            [SearchParameter(name: "heads", domain: .choices(["1", "2"]), line: 1)] + space.parameters)
        #expect(larger.draw(20, seed: 7)?.map { Array($0.dropFirst()) } == drawn)
        // What the first version of the search drew: a later one must go on with its searches.
        #expect(drawn[0] == ["0.001608", "0.2438", "1"], "\(drawn[0])")
    }

    @Test func `values lie in their ranges, have four digits, and cover them evenly`() throws {
        let space = Self.space(
            ("a", .logUniform(1e-4, 1e-2)), ("b", .uniform(-1, 1)), ("c", .integer(-2, 2)), ("d", .logInteger(1, 100)))
        let drawn = try #require(space.draw(4000, seed: 1))
        let a = drawn.compactMap { Double($0[0]) }
        let b = drawn.compactMap { Double($0[1]) }
        #expect(
            a.count == 4000 && a.allSatisfy { (1e-4...1e-2).contains($0) } && b.allSatisfy { (-1...1).contains($0) })
        #expect(abs(a.filter { $0 < 1e-3 }.count - 2000) < 150, "half of the logarithms")
        #expect(abs(b.filter { $0 < 0 }.count - 2000) < 150)
        let digits = drawn.map { $0[1].drop { !"123456789".contains($0) }.filter(\.isNumber).count }
        #expect(digits.allSatisfy { $0 <= 4 })
        for value in -2...2 { #expect(abs(drawn.filter { $0[2] == "\(value)" }.count - 800) < 150) }
        let d = drawn.compactMap { Int($0[3]) }
        #expect(d.count == 4000 && d.min() == 1 && d.max() == 100)
        #expect(abs(d.filter { $0 <= 10 }.count - 2330) < 200, "log(10.5 / 0.5) of log(100.5 / 0.5)")
    }

    @Test func `no trial is drawn twice, up to all that there are`() throws {
        let space = Self.space(("a", .choices(["x", "y", "z"])), ("b", .integer(1, 4)))
        #expect(Set(try #require(space.draw(12, seed: 3))).count == 12)
        #expect(space.draw(13, seed: 3) == nil)
    }
}
