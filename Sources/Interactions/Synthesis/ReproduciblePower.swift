/// `base ^ exponent` for a positive base, from additions, multiplications and divisions only, which are the same on
/// every machine; the `pow` of C libraries is not.
///
/// `ln m = 2 artanh((m - 1) / (m + 1))` on the significand, then the exponential series. The relative error is below
/// 1e-13 for results that are not close to the limits of `Double`.
package func reproduciblePower(_ base: Double, _ exponent: Double) -> Double {
    let ln2 = 0x1.62e42fefa39efp-1
    let ratio = (base.significand - 1) / (base.significand + 1)
    let square = ratio * ratio
    var term = ratio
    var logarithm = 0.0
    for odd in stride(from: 1, through: 41, by: 2) {
        logarithm += term / Double(odd)
        term *= square
    }
    logarithm = 2 * logarithm + Double(base.exponent) * ln2

    let power = exponent * logarithm
    let binary = (power / ln2).rounded()
    let rest = power - binary * ln2
    var exponential = 1.0
    for degree in stride(from: 20, through: 1, by: -1) { exponential = 1 + exponential * rest / Double(degree) }
    return Double(sign: .plus, exponent: Int(binary), significand: exponential)
}
