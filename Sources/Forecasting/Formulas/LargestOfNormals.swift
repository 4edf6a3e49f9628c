import Glibc

/// How far the largest of several numbers from a normal distribution lies above their mean: for the slowest of many ranks.
package enum LargestOfNormals {
    /// The expected largest of `count` independent standard normal numbers: the integral of
    /// `x count phi(x) Phi(x)^(count - 1)` (David and Nagaraja, Order Statistics, 2003).
    package static func expected(of count: Int) -> Double {
        guard count > 1 else { return 0 }
        let (limit, steps) = (8.0, 1600)
        let width = 2 * limit / Double(steps)
        return (0...steps).reduce(0) { sum, step in
            let x = -limit + Double(step) * width
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            let below = erfc(-x / 2.0.squareRoot()) / 2
            let weight = step == 0 || step == steps ? 0.5 : 1
            return sum + weight * width * x * Double(count) * density * pow(below, Double(count - 1))
        }
    }
}
