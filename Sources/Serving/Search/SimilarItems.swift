import FileIO
import KernelCore
import Reporting

/// The items whose vectors are nearest to that of one item.
public struct SimilarItems: Sendable {
    /// How near two vectors are.
    public enum Measure: String, Sendable, CaseIterable {
        /// `<a, b>`, which is the larger the longer the vectors are: what is popular often has long ones.
        case innerProduct = "inner-product"
        /// `<a, b> / (|a| |b|)`, the angle alone.
        case cosine
    }

    /// A neighbour, and how near it is by either measure.
    public struct Item: Sendable, Equatable {
        /// The id as it stands in the data.
        public let id: String
        /// `<a, b>` of its vector and that of the item that was asked about.
        public let innerProduct: Double
        /// 0 where one of the vectors is 0.
        public let cosine: Double
    }

    /// The item that was asked about.
    public let item: String
    /// What the neighbours are chosen and ordered by.
    public let measure: Measure
    /// The nearest one first, without the item itself; of equally near ones that with the smaller number.
    public let neighbours: [Item]

    /// - Parameter top: neighbours, if there are so many.
    /// - Throws: where the model does not know the item, or has no vectors.
    public init(to id: String, in model: TrainedModel, by measure: Measure, top: Int) throws(ServingError) {
        let stored = model.stored
        guard stored.entry.training.isTrained else {
            throw ServingError(
                .usage, "\(stored.entry.name) counts interactions, and has no vectors of items",
                recoverySuggestion: "name the run of another model with --checkpoint")
        }
        guard let number = stored.itemIds.number(ofText: id) else {
            throw ServingError(
                .data,
                "item \(id.printable(limit: 100)) is unknown to the model, which has \(NumberText.counted(stored.itemIds.count, "items"))",
                recoverySuggestion: "name an item of the data that the model was trained on with --item")
        }
        item = id
        self.measure = measure
        let size = model.dimension
        func vector(_ number: Int32) -> UnsafePointer<Float> { model.itemVectors + Int(number) * size }
        func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Double {
            (0..<size).reduce(0) { $0 + Double(a[$1]) * Double(b[$1]) }
        }
        let own = vector(number)
        let length = product(own, own).squareRoot()
        var found: [(number: Int32, innerProduct: Double, cosine: Double)] = []
        found.reserveCapacity(stored.itemIds.count)
        for other in 1...Int32(stored.itemIds.count) where other != number {
            let innerProduct = product(own, vector(other))
            let lengths = length * product(vector(other), vector(other)).squareRoot()
            found.append((other, innerProduct, lengths > 0 ? innerProduct / lengths : 0))
        }
        switch measure {
        case .innerProduct: found.sort { ($1.innerProduct, $0.number) < ($0.innerProduct, $1.number) }
        case .cosine: found.sort { ($1.cosine, $0.number) < ($0.cosine, $1.number) }
        }
        neighbours = found.prefix(top).map {
            Item(id: stored.itemIds.text(of: $0.number), innerProduct: $0.innerProduct, cosine: $0.cosine)
        }
    }

    /// The neighbours for people.
    public var text: String {
        var table = Table([.number("rank"), .text("item"), .number("inner product"), .number("cosine")])
        for (index, item) in neighbours.enumerated() {
            table.addRow([
                "\(index + 1)", item.id, NumberText.significant(item.innerProduct, digits: 6),
                NumberText.fixed(item.cosine, decimals: 4),
            ])
        }
        return table.text
    }

    /// - Parameter isOfNumbers: whether ids are whole numbers, and stand in JSON as such.
    public func json(isOfNumbers: Bool) -> JSONValue {
        func value(_ id: String) -> JSONValue { (isOfNumbers ? Int(id).map { .integer($0) } : nil) ?? .string(id) }
        return [
            "item": value(item),
            "by": .string(measure.rawValue),
            "similar": .array(
                neighbours.map {
                    ["item": value($0.id), "inner_product": .number($0.innerProduct), "cosine": .number($0.cosine)]
                }),
        ]
    }
}
