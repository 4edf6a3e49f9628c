import Reporting

/// A column for each interest: the share of rows that it wins, beside the share that all would have if they were equal.
struct ShareChart: Sendable {
    let title: String
    /// Of the interests, adding up to 1.
    let shares: [Double]
    let style: Int

    private static let (width, height) = (320.0, 190.0)
    private static let (left, right, top, bottom) = (14.0, 14.0, 22.0, 36.0)
    /// With more columns their numbers would stand on each other.
    private static let mostTexts = 8

    /// The chart as an `svg` element.
    ///
    /// - Parameter id: of the element, the only one of its page.
    func svg(id: String) -> String {
        let texts = shares.map { NumberText.fixed(100 * $0, decimals: $0 < 0.0995 ? 1 : 0) + " %" }
        var markup = Markup()
        markup.element(
            "svg",
            [
                "class": "chart", "viewBox": "0 0 \(Markup.number(Self.width)) \(Markup.number(Self.height))",
                "role": "img", "aria-labelledby": "\(id)-title \(id)-description",
            ]
        ) { markup in
            markup.element("title", ["id": "\(id)-title"], title)
            let list = texts.enumerated().map { "interest \($0.offset + 1): \($0.element)" }.joined(separator: ", ")
            markup.element("desc", ["id": "\(id)-description"], list)
            let (base, space) = (Self.height - Self.bottom, Self.height - Self.bottom - Self.top)
            let highest = max(shares.max() ?? 1, 1 / Double(max(shares.count, 1)))
            let pitch = (Self.width - Self.left - Self.right) / Double(max(shares.count, 1))
            for (index, share) in shares.enumerated() {
                let (x, height) = (Self.left + pitch * Double(index), space * share / highest)
                let middle = Markup.number(x + pitch / 2)
                markup.element(
                    "rect",
                    [
                        "class": SeriesStyle.fillClass(style), "x": Markup.number(x + pitch * 0.12),
                        "y": Markup.number(base - height), "width": Markup.number(pitch * 0.76),
                        "height": Markup.number(height),
                    ]
                ) { $0.title("interest \(index + 1): \(texts[index])") }
                if shares.count <= Self.mostTexts {
                    markup.element(
                        "text",
                        ["class": "end", "x": middle, "y": Markup.number(base - height - 5), "text-anchor": "middle"],
                        texts[index])
                }
                if shares.count <= 2 * Self.mostTexts || index % 4 == 0 {
                    markup.element(
                        "text", ["class": "tick", "x": middle, "y": Markup.number(base + 15), "text-anchor": "middle"],
                        "\(index + 1)")
                }
            }
            let equal = Markup.number(base - space / Double(max(shares.count, 1)) / highest)
            let ends = (Markup.number(Self.left), Markup.number(Self.width - Self.right))
            markup.element(
                "line",
                ["class": "axis", "x1": ends.0, "y1": Markup.number(base), "x2": ends.1, "y2": Markup.number(base)])
            markup.element("line", ["class": "reference", "x1": ends.0, "y1": equal, "x2": ends.1, "y2": equal])
            markup.element(
                "text",
                [
                    "class": "label", "x": Markup.number(Self.width / 2), "y": Markup.number(Self.height - 4),
                    "text-anchor": "middle",
                ], "interest")
        }
        return markup.text
    }
}
