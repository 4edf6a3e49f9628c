import Differentiation
import Interactions
import KernelCore
import Recommenders

/// A model with a mistake, each in a line of its own: for the tests of what the trainer says of it.
struct MistakenRecommender: MultiInterestRecommender {
    enum Mistake: String, CaseIterable {
        case sum, positions, interests, name, size
    }

    let items: Embedding
    let positions: Embedding
    let narrow: Linear
    let weights: Linear
    let mistake: Mistake

    init(_ mistake: Mistake, _ context: ModelContext, in scope: ParameterScope) {
        self.mistake = mistake
        let (options, size) = (context.options, context.options.embeddingSize)
        items = Embedding("items", rows: context.itemCount + 1, size: size, in: scope)
        let longest = mistake == .positions ? 1 : options.historyMax
        positions = Embedding("positions", rows: longest + 1, size: size, sparse: false, in: scope)
        narrow = Linear("narrow", inputs: size, outputs: mistake == .size ? 0 : size - 1, in: scope)  // size
        weights = Linear(mistake == .name ? "narrow" : "weights", inputs: size, outputs: 2, in: scope)  // name
    }

    func interests(of batch: PackedBatch, on tape: Tape) -> Interests {
        let histories = batch.histories
        let e = items(batch.historyItems, count: histories.total, on: tape)
        let p = positions(tape.positionsFromNewest(histories), count: histories.total, on: tape)  // positions
        let h = tape.add(e, mistake == .sum ? narrow(p, on: tape) : p)  // sum
        let attention = tape.sequenceSoftmax(weights(h, on: tape), over: histories)
        let vectors = tape.pool(h, weights: attention, over: histories)
        return Interests(vectors: vectors, perUser: mistake == .interests ? 3 : 2)  // interests
    }
}
