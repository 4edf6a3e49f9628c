import Interactions

/// What is added to the scores of a model for items that stand near those of a history in train:
///
///     s'(u, i) = s(u, i) + w * sum over a of 0.8^a n(h_a, i)
///
/// `h_0` is the newest item of the history that the model sees, `n` that of ``Interactions/ItemNeighbours``. A model with
/// vectors of some dozens of numbers cannot keep in them which few items are taken together again and again; the counts do.
/// A weighted sum of both is better than either one (Jannach and Ludewig, RecSys 2017). It is a matter of ranking alone:
/// training does not know of it.
public final class NeighbourScores {
    /// What the item before counts for, beside an item.
    private static let decay: Float = 0.8

    private let neighbours: ItemNeighbours
    private let weight: Float
    /// `[itemCount + 1]`, of the history that was looked at last; 0 for any other item.
    private var scores: [Float]
    /// The items near the last history, ascending.
    public private(set) var items: [Int32] = []

    /// - Parameter weight: w, above 0.
    public init(_ neighbours: ItemNeighbours, weight: Float) {
        self.neighbours = neighbours
        self.weight = weight
        scores = [Float](repeating: 0, count: neighbours.itemCount + 1)
    }

    /// Finds the items near those of a history.
    ///
    /// - Parameter history: the oldest item first.
    public func look(at history: UnsafeBufferPointer<Int32>) {
        for item in items { scores[Int(item)] = 0 }
        items.removeAll(keepingCapacity: true)
        var factor = weight
        for item in history.reversed() {
            for index in neighbours.offsets[Int(item)]..<neighbours.offsets[Int(item) + 1] {
                let near = Int(neighbours.items[index])
                let addition = factor * neighbours.weights[index]
                if scores[near] == 0 && addition != 0 { items.append(Int32(near)) }
                scores[near] += addition
            }
            factor *= Self.decay
        }
        items.sort()
    }

    /// What is added to the score of an item; 0 for one that is not among ``items``.
    public func score(of item: Int32) -> Float { scores[Int(item)] }
}
