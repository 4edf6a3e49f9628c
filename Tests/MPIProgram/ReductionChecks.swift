import MPI

extension Check {
    static var reductions: [Check] {
        [
            Check("reductions of every operation and type") { world, findings in
                let ranks = Array(1...world.size)
                func number<Element: MPIDatatype & Numeric & Comparable>(_ make: (Int) -> Element) throws {
                    let own = make(world.rank + 1)
                    let all = ranks.map(make)
                    findings.expectEqual(try world.allReduce(own, .sum), all.reduce(0, +))
                    findings.expectEqual(try world.allReduce(own, .product), all.reduce(1, *))
                    findings.expectEqual(try world.allReduce(own, .minimum), all.min())
                    findings.expectEqual(try world.allReduce(own, .maximum), all.max())
                }
                func bits<Element: MPIDatatype & FixedWidthInteger>(_ type: Element.Type) throws {
                    try number { Element($0) }
                    let own = Element(world.rank + 1)
                    let all = ranks.map { Element($0) }
                    findings.expectEqual(try world.allReduce(own, .bitwiseAnd), all.reduce(~0, &))
                    findings.expectEqual(try world.allReduce(own, .bitwiseOr), all.reduce(0, |))
                    findings.expectEqual(try world.allReduce(own, .bitwiseXor), all.reduce(0, ^))
                }
                try bits(Int8.self)
                try bits(Int16.self)
                try bits(Int32.self)
                try bits(Int64.self)
                try bits(Int.self)
                try bits(UInt8.self)
                try bits(UInt16.self)
                try bits(UInt32.self)
                try bits(UInt64.self)
                try bits(UInt.self)
                try number { Float($0) / 2 }
                try number { Double($0) / 2 }
            },
            Check("logical reductions") { world, findings in
                let isFirst = world.rank == 0
                findings.expectEqual(try world.allReduce(true, .logicalAnd), true)
                findings.expectEqual(try world.allReduce(isFirst, .logicalAnd), world.size == 1)
                findings.expectEqual(try world.allReduce(isFirst, .logicalOr), true)
                findings.expectEqual(try world.allReduce(false, .logicalOr), false)
                findings.expectEqual(try world.allReduce(true, .logicalXor), world.size % 2 == 1)
            },
            Check("a reduction leaves its result at the root") { world, findings in
                for root in 0..<world.size {
                    let sum = try world.reduce([1, Double(world.rank)], .sum, at: root)
                    let expected = [Double(world.size), Double(world.size * (world.size - 1) / 2)]
                    findings.expectEqual(sum, world.rank == root ? expected : nil)
                    let most = try world.reduce(world.rank, .maximum, at: root)
                    findings.expectEqual(most, world.rank == root ? world.size - 1 : nil)
                }
            },
            Check("an all-reduce works in place and on empty memory") { world, findings in
                let memory = (0..<1_000).map { Float($0 * (world.rank + 1)) }.leaked
                try world.allReduce(inPlace: memory, .sum)
                let factor = world.size * (world.size + 1) / 2
                findings.expectEqual(Array(memory), (0..<1_000).map { Float($0 * factor) })
                let sums = [Int](repeating: 0, count: 3).leaked
                try world.allReduce([1, 2, 3].leaked.constant, into: sums, .sum)
                findings.expectEqual(Array(sums), [1, 2, 3].map { $0 * world.size })
                findings.expectEqual(try world.allReduce([Float](), .sum), [])
                findings.expectEqual(try world.reduce([Float](), .sum, at: 0), world.rank == 0 ? [] : nil)
            },
            Check("a reduce-scatter leaves each rank its block") { world, findings in
                let counts = Array(0..<world.size)
                let total = counts.reduce(0, +)
                let start = (0..<world.rank).reduce(0, +)
                let expected = (start..<(start + world.rank)).map { $0 * world.size }
                findings.expectEqual(
                    try world.reduceScatter(Array(0..<total), counts: counts, .sum), expected)
                let incoming = [Int](repeating: -1, count: world.rank).leaked
                try world.reduceScatter(
                    Array(0..<total).leaked.constant, counts: counts.map { Int32($0) }.leaked.constant, into: incoming,
                    .sum)
                findings.expectEqual(Array(incoming), expected)
            },
            Check("a scan gives running totals") { world, findings in
                findings.expectEqual(
                    try world.scan(world.rank + 1, .sum), (world.rank + 1) * (world.rank + 2) / 2)
            },
        ]
    }
}
