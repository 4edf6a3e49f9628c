import Glibc

/// Choosing one of the interests of a sample.
extension Kernel {
    /// `products[b, k] = <x_bk, y_b>`.
    ///
    /// - Parameters:
    ///   - x: `[count, interests, columns]`, `y`: `[count, columns]`, `products`: `[count, interests]`.
    public static func groupProducts(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int, interests: Int, columns: Int,
        into products: UnsafeMutablePointer<Float>
    ) {
        for sample in 0..<count {
            SmallProducts.inner(
                y + sample * columns, columns, 1, x + sample * interests * columns, columns, interests,
                width: columns, scale: 1, into: products + sample * interests, interests)
        }
    }

    /// One interest of every sample, drawn from `softmax_k(temperature logits_bk)`: a function of (seed, iteration, sample)
    /// and the logits.
    ///
    /// - Parameters:
    ///   - logits: `[count, interests]`.
    ///   - counts: `[count]`, only the first of the interests take part; nil: all.
    ///   - iteration: the step.
    ///   - samples: `[count]`, the names of the samples.
    ///   - choice: `[count]`.
    public static func drawInterests(
        _ logits: UnsafePointer<Float>, count: Int, interests: Int, counts: UnsafePointer<Int32>?, temperature: Float,
        seed: UInt64, iteration: UInt32, samples: UnsafePointer<UInt32>, into choice: UnsafeMutablePointer<Int32>
    ) {
        for sample in 0..<count {
            let own = counts.map { Int($0[sample]) } ?? interests
            let values = logits + sample * interests
            var largest = temperature * values[0]
            for k in 1..<max(own, 1) { largest = max(largest, temperature * values[k]) }
            var sum: Float = 0
            for k in 0..<own { sum += exp(temperature * values[k] - largest) }
            var stream = RandomStream(seed: seed, purpose: .selection, iteration: iteration, element: samples[sample])
            let place = stream.nextUniform() * sum
            // The same terms in the same order: the last partial sum is the sum. No interest is drawn whose share is 0.
            var passed: Float = 0
            var chosen = 0
            for k in 0..<own {
                let share = exp(temperature * values[k] - largest)
                if share > 0 { chosen = k }
                passed += share
                if place < passed { break }
            }
            choice[sample] = Int32(chosen)
        }
    }
}
