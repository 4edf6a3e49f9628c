internal import CVector
import Glibc

/// The angles of rotary positions (Su et al. 2021): column c of the first half of a head and column c of the second half
/// are turned at position l by `l / 10000^(2 c / width)`.
public final class RotaryAngles: Sendable {
    /// Places from 0 on.
    public let positions: Int
    /// Columns of a head, an even number.
    public let width: Int
    // Written once, before anybody else sees it.
    private nonisolated(unsafe) let memory: UnsafeMutablePointer<Float>

    /// For `positions` positions and heads of `width` columns.
    public init(positions: Int, width: Int) {
        precondition(positions > 0 && width > 0, "there are no angles of nothing")
        self.positions = positions
        self.width = width
        let half = width / 2
        memory = .allocate(capacity: max(2 * positions * half, 1))
        for position in 0..<positions {
            for column in 0..<half {
                let angle = Double(position) * exp(-Double(2 * column) / Double(width) * log(10_000))
                memory[position * half + column] = Float(cos(angle))
                memory[(positions + position) * half + column] = Float(sin(angle))
            }
        }
    }

    deinit { memory.deallocate() }

    /// `[positions, width / 2]`.
    var cosines: UnsafePointer<Float> { UnsafePointer(memory) }
    /// `[positions, width / 2]`.
    var sines: UnsafePointer<Float> { UnsafePointer(memory + positions * (width / 2)) }
}

extension Kernel {
    /// Turns the two halves of each head of each row by the angles of its position in its sequence, or back:
    /// `y_1 = x_1 cos - x_2 sin`, `y_2 = x_1 sin + x_2 cos`, added to `y` where `accumulate` says so.
    ///
    /// - Parameters:
    ///   - x: `[sequences.total, heads * width]`, `y`: of the same shape.
    ///   - backwards: turns the other way, which is the derivative.
    public static func rotate(
        _ x: MatrixView, by angles: RotaryAngles, over sequences: JaggedOffsets, heads: Int, backwards: Bool,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        for sequence in 0..<sequences.count {
            for (position, row) in sequences.range(sequence).enumerated() {
                turn(
                    x, row, by: angles, at: position, heads: heads, backwards: backwards, into: y,
                    accumulate: accumulate)
            }
        }
    }

    /// The same for queries of causal attention, each turned by the position that it is behind; behind an
    /// empty sequence not at all.
    ///
    /// - Parameters:
    ///   - x: `[queries.count, heads * width]`, `y`: of the same shape.
    ///   - backwards: turns the other way, which is the derivative.
    public static func rotate(
        _ x: MatrixView, by angles: RotaryAngles, at queries: CausalQueries, heads: Int, backwards: Bool,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        for group in 0..<queries.groups.total {
            let position = max(Int(queries.seen[group]) - 1, 0)
            for row in group * queries.perGroup..<(group + 1) * queries.perGroup {
                turn(
                    x, row, by: angles, at: position, heads: heads, backwards: backwards, into: y,
                    accumulate: accumulate)
            }
        }
    }

    @inline(__always)
    private static func turn(
        _ x: MatrixView, _ row: Int, by angles: RotaryAngles, at position: Int, heads: Int, backwards: Bool,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        let half = angles.width / 2
        let sign = Vector(repeating: backwards ? -1 : 1)
        let (cosines, sines) = (angles.cosines + position * half, angles.sines + position * half)
        for head in 0..<heads {
            let first = row * x.columns + head * angles.width
            forEachVector(half) { index, lanes in
                let (c, s) = (load(cosines, index, lanes), load(sines, index, lanes) * sign)
                let one = load(x.start + first, index, lanes)
                let other = load(x.start + (first + half), index, lanes)
                var (a, b) = (one * c - other * s, one * s + other * c)
                if accumulate {
                    a += load(y + first, index, lanes)
                    b += load(y + (first + half), index, lanes)
                }
                store(a, y + first, index, lanes)
                store(b, y + (first + half), index, lanes)
            }
        }
    }
}
