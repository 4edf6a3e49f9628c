import KernelCore
import Testing

/// Products, pooling and scores against loops in double precision, over shapes that fill no vector and no block.
@Suite struct ProductTests {
    static let widths = [1, 3, 7, 8, 9, 16, 31, 32, 33, 64, 71]

    private func naive(_ rows: Int, _ columns: Int, _ inner: Int, _ term: (Int, Int, Int) -> Double) -> [Double] {
        (0..<rows * columns).map { index in
            (0..<inner).reduce(0) { $0 + term(index / columns, index % columns, $1) }
        }
    }

    @Test(arguments: [
        (1, 1, 1), (3, 5, 7), (8, 16, 24), (13, 33, 64), (50, 2, 9), (1, 64, 64), (7, 100, 300), (1100, 5, 40),
        (6, 1030, 70),
    ])
    func `matrix products`(shape: (rows: Int, inputs: Int, outputs: Int)) {
        var numbers = Numbers(1)
        let arena = Arena()
        let (rows, inputs, outputs) = shape
        let x = numbers.list(rows * inputs)
        let w = numbers.list(outputs * inputs)
        let start = numbers.list(rows * outputs)
        let product = naive(rows, outputs, inputs) { Double(x[$0 * inputs + $2]) * Double(w[$1 * inputs + $2]) }
        let (left, right) = (MatrixView(x, columns: inputs), MatrixView(w, columns: inputs))
        var y = start
        Kernel.multiplyTransposed(left, right, into: &y, scratch: arena)
        #expect(areClose(y, product, tolerance: 1e-5))
        y = start
        Kernel.multiply(left, Kernel.transposed(right, in: arena), into: &y, accumulate: true)
        #expect(areClose(y, zip(product, start).map { $0 + Double($1) }, tolerance: 1e-5))

        // The same numbers read as [inputs, outputs].
        let plain = naive(rows, outputs, inputs) { Double(x[$0 * inputs + $2]) * Double(w[$2 * outputs + $1]) }
        let plainRight = MatrixView(w, columns: outputs)
        y = start
        Kernel.multiply(left, plainRight, into: &y)
        #expect(areClose(y, plain, tolerance: 1e-5))
        y = start
        Kernel.multiply(left, plainRight, into: &y, accumulate: true)
        #expect(areClose(y, zip(plain, start).map { $0 + Double($1) }, tolerance: 1e-5))

        // A bias that is added at the end has the bits of one that is there before.
        let bias = numbers.list(outputs)
        y = (0..<rows).flatMap { _ in bias }
        Kernel.multiply(left, plainRight, into: &y, accumulate: true)
        var withBias = start
        Kernel.multiply(left, plainRight, bias: bias, into: &withBias)
        #expect(withBias == y)

        var gradient = w
        let gradients = MatrixView(start, columns: outputs)
        Kernel.addTransposedProduct(gradients, left, into: &gradient)
        let expected = naive(outputs, inputs, rows) { Double(start[$2 * outputs + $0]) * Double(x[$2 * inputs + $1]) }
        var replaced = w
        Kernel.addTransposedProduct(gradients, left, into: &replaced, accumulate: false)
        #expect(areClose(replaced, expected, tolerance: 1e-5))
        #expect(areClose(gradient, zip(expected, w).map { $0 + Double($1) }, tolerance: 1e-5))
    }

    @Test(arguments: [(1, 1, 1), (5, 7, 13), (16, 64, 45), (64, 100, 30), (1030, 33, 9)])
    func `a transposed product goes to rows that lie anywhere and repeat`(
        shape: (rows: Int, inputs: Int, outputs: Int)
    ) {
        var numbers = Numbers(9)
        let (rows, inputs, outputs) = shape
        let y = numbers.list(rows * outputs)
        let x = numbers.list(rows * inputs)
        // Backwards, and every third one again: rows of a table in the order in which a step happens to draw them.
        let targets = (0..<outputs).map { $0 % 3 == 2 ? outputs - $0 : outputs - 1 - $0 }
        let start = numbers.list(outputs * inputs)
        var expected = start.map(Double.init)
        let product = naive(outputs, inputs, rows) { Double(y[$2 * outputs + $0]) * Double(x[$2 * inputs + $1]) }
        for (output, target) in targets.enumerated() {
            for column in 0..<inputs { expected[target * inputs + column] += product[output * inputs + column] }
        }
        var w = start
        w.withUnsafeMutableBufferPointer { w in
            let rows = targets.map { w.baseAddress! + $0 * inputs }
            Kernel.addTransposedProduct(
                MatrixView(y, columns: outputs), MatrixView(x, columns: inputs), toRows: rows)
        }
        #expect(areClose(w, expected, tolerance: 1e-4))
    }

    @Test func `products without rows leave everything as it is`() {
        var y: [Float] = [1, 2, 3]
        let arena = Arena()
        let (one, three) = (MatrixView([], columns: 1), MatrixView([], columns: 3))
        Kernel.multiplyTransposed(one, MatrixView([1, 2, 3], columns: 1), into: &y, scratch: arena)
        Kernel.multiply(one, MatrixView([1, 2, 3], columns: 3), into: &y)
        Kernel.addTransposedProduct(three, one, into: &y)
        #expect(y == [1, 2, 3])
        Kernel.addTransposedProduct(three, one, into: &y, accumulate: false)
        #expect(y == [0, 0, 0])
    }

    @Test(arguments: [(5, 3, 2), (17, 64, 33), (70, 100, 96), (13, 2100, 40)])
    func `a row of a product does not depend on the rows beside it`(shape: (rows: Int, inputs: Int, outputs: Int)) {
        var numbers = Numbers(5)
        let (rows, inputs, outputs) = shape
        let x = MatrixView(numbers.list(rows * inputs), columns: inputs)
        let w = MatrixView(numbers.list(inputs * outputs), columns: outputs)
        var all = [Float](repeating: 0, count: rows * outputs)
        Kernel.multiply(x, w, into: &all)
        for row in 0..<rows {
            var one = [Float](repeating: 0, count: outputs)
            Kernel.multiply(x[row..<row + 1], w, into: &one)
            #expect(bits(one) == bits(Array(all[row * outputs..<(row + 1) * outputs])))
        }
    }

    @Test(arguments: widths, [1, 3, 4, 5, 8]) func `pooling and its derivative`(width: Int, interests: Int) {
        var numbers = Numbers(2)
        let sequences = JaggedOffsets(lengths: [3, 0, 1, 6])
        let x = numbers.list(10 * width)
        let weights = numbers.list(10 * interests)
        let dy = numbers.list(4 * interests * width)
        var y = [Float](repeating: .nan, count: 4 * interests * width)
        let (values, shares) = (MatrixView(x, columns: width), MatrixView(weights, columns: interests))
        Kernel.pool(values, weights: shares, over: sequences, into: &y)
        var expected: [Double] = []
        for sequence in 0..<4 {
            let rows = sequences.range(sequence)
            for interest in 0..<interests {
                for column in 0..<width {
                    expected.append(
                        rows.reduce(0) {
                            $0 + Double(weights[$1 * interests + interest]) * Double(x[$1 * width + column])
                        })
                }
            }
        }
        #expect(areClose(y, expected, tolerance: 1e-5))

        let start = numbers.list(10 * width)
        var dx = start
        var dweights = [Float](repeating: .nan, count: 10 * interests)
        Kernel.poolBackward(values, weights: shares, over: sequences, dy: dy, dweights: &dweights, dx: &dx)
        let owner = (0..<4).flatMap { Array(repeating: $0, count: sequences.length($0)) }
        #expect(
            areClose(
                dweights,
                naive(10, interests, width) {
                    Double(dy[(owner[$0] * interests + $1) * width + $2]) * Double(x[$0 * width + $2])
                }, tolerance: 1e-5))
        let change = naive(10, width, interests) {
            Double(weights[$0 * interests + $2]) * Double(dy[(owner[$0] * interests + $2) * width + $1])
        }
        #expect(areClose(dx, zip(change, start).map { $0 + Double($1) }, tolerance: 1e-5))
    }

    @Test(arguments: widths) func `scores have the same bits one by one and in blocks of four`(width: Int) {
        var numbers = Numbers(3)
        let items = 23
        let table = numbers.list(items * width)
        let users = numbers.list(9 * width)
        let vectors = MatrixView(users, columns: width)
        let candidates = (0..<items).map { Int32(($0 * 7 + 2) % items) }
        var single = [Float](repeating: 0, count: items)
        for interests in 1...9 {
            var best = [Float](repeating: 0, count: items)
            Kernel.bestScores(
                vectors[0..<interests], InterestGroups(perUser: interests), table: table, candidates: candidates,
                perUser: items, into: &best)
            var expected = [Float](repeating: -.infinity, count: items)
            for interest in 0..<interests {
                Kernel.scores(
                    users: vectors[interest..<interest + 1], table: table, candidates: candidates, perUser: items,
                    into: &single)
                for item in 0..<items { expected[item] = max(expected[item], single[item]) }
            }
            #expect(bits(best) == bits(expected), "\(interests) interests")
        }
        let user = Array(users[..<width])
        Kernel.scores(users: vectors[0..<1], table: table, candidates: candidates, perUser: items, into: &single)
        let exact = naive(1, items, width) { Double(user[$2]) * Double(table[Int(candidates[$1]) * width + $2]) }
        #expect(areClose(single, exact, tolerance: 1e-5))
    }

    @Test func `rows are gathered and scattered in the order of the list`() {
        let table: [Float] = [0, 1, 2, 3, 4, 5, 6, 7]
        var y = [Float](repeating: 0, count: 6)
        Kernel.gather(table, rows: [3, 0, 3], count: 3, columns: 2, into: &y)
        #expect(y == [6, 7, 0, 1, 6, 7])
        var gradient = [Float](repeating: 1, count: 8)
        Kernel.scatterAdd(dy: MatrixView([1, 2, 3, 4, 5, 6], columns: 2), rows: [3, 0, 3], into: &gradient)
        #expect(gradient == [4, 5, 1, 1, 1, 1, 7, 9])
    }

    @Test(arguments: widths) func `cosines and the hardest interest`(width: Int) {
        var numbers = Numbers(8)
        let table = [Float](repeating: 0, count: width) + numbers.list(3 * width)
        let rows: [Int32] = [2, -1, 3, -1, 0, -1]
        let interests = numbers.list(3 * 4 * width)
        var cosines = [Float](repeating: 0, count: 12)
        let vectors = MatrixView(interests, columns: width)
        let groups = InterestGroups(perUser: 4)
        let positives = PositiveItems(Memory.copy(rows), stride: 2)
        Kernel.cosines(vectors, groups, positives: positives, table: table, into: &cosines)
        var choice = [Int32](repeating: -1, count: 3)
        Kernel.hardestInterests(vectors, groups, positives: positives, table: table, into: &choice)
        func dot(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
            zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        for sample in 0..<3 {
            let item = table[Int(rows[2 * sample]) * width..<(Int(rows[2 * sample]) + 1) * width]
            let own = (0..<4).map { interests[(sample * 4 + $0) * width..<(sample * 4 + $0 + 1) * width] }
            let expected = own.map { dot($0, item) / max((dot($0, $0) * dot(item, item)).squareRoot(), 1e-12) }
            #expect(areClose(Array(cosines[sample * 4..<sample * 4 + 4]), expected, tolerance: 1e-5))
            let products = own.map { dot($0, item) }
            #expect(products[Int(choice[sample])] >= products.reduce(-.infinity, max) - 1e-5)
        }
        #expect(choice[2] == 0, "all products with a row of zeros are equal: the first interest")
    }
}
