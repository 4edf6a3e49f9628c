import Reporting

/// The cosines of the interests of a user, mean over users, as a square of numbers on a ground that is the darker the
/// nearer two interests are.
struct CosineChart: Sendable {
    let title: String
    /// `[K][K]`, nil where no user has both.
    let cosines: [[Double?]]

    private static let (margin, side) = (26.0, 300.0)
    /// With more interests the numbers do not fit into their fields.
    private static let mostTexts = 8

    /// The chart as an `svg` element.
    ///
    /// - Parameter id: of the element, the only one of its page.
    func svg(id: String) -> String {
        let count = cosines.count
        let pitch = (Self.side - Self.margin) / Double(max(count, 1))
        var markup = Markup()
        markup.element(
            "svg",
            [
                "class": "chart", "viewBox": "0 0 \(Markup.number(Self.side)) \(Markup.number(Self.side))",
                "role": "img", "aria-labelledby": "\(id)-title \(id)-description",
            ]
        ) { markup in
            markup.element("title", ["id": "\(id)-title"], title)
            markup.element("desc", ["id": "\(id)-description"], description)
            for row in 0..<count {
                let middle = Self.margin + pitch * (Double(row) + 0.5)
                markup.element(
                    "text",
                    [
                        "class": "tick", "x": Markup.number(Self.margin - 8), "y": Markup.number(middle), "dy": "4",
                        "text-anchor": "end",
                    ],
                    "\(row + 1)")
                markup.element(
                    "text",
                    [
                        "class": "tick", "x": Markup.number(middle), "y": Markup.number(Self.margin - 8),
                        "text-anchor": "middle",
                    ],
                    "\(row + 1)")
                for column in 0..<min(count, cosines[row].count) { draw(row, column, pitch, into: &markup) }
            }
        }
        return markup.text
    }

    private func draw(_ row: Int, _ column: Int, _ pitch: Double, into markup: inout Markup) {
        let (x, y) = (Self.margin + pitch * Double(column), Self.margin + pitch * Double(row))
        let text = cosines[row][column].map { NumberText.fixed($0, decimals: 2) } ?? "–"
        let strength = min(abs(cosines[row][column] ?? 0), 1)
        markup.element(
            "rect",
            [
                "class": cosines[row][column] ?? 0 < 0 ? "cell away" : "cell", "x": Markup.number(x + 1),
                "y": Markup.number(y + 1), "width": Markup.number(pitch - 2), "height": Markup.number(pitch - 2),
                // Not darker than what its number can be read on.
                "fill-opacity": NumberText.fixed(0.06 + 0.5 * strength, decimals: 2),
            ]
        ) { $0.title("interests \(row + 1) and \(column + 1): \(text)") }
        guard cosines.count <= Self.mostTexts else { return }
        markup.element(
            "text",
            [
                "class": "end", "x": Markup.number(x + pitch / 2), "y": Markup.number(y + pitch / 2), "dy": "4",
                "text-anchor": "middle",
            ],
            text)
    }

    private var description: String {
        var parts: [String] = []
        for row in cosines.indices {
            for column in cosines[row].indices.dropFirst(row + 1) {
                let text = cosines[row][column].map { NumberText.fixed($0, decimals: 2) } ?? "none"
                parts.append("interests \(row + 1) and \(column + 1): \(text)")
            }
        }
        return parts.joined(separator: ", ")
    }
}
