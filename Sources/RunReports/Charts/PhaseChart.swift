import Reporting

/// A bar of parts that add up to all of a time.
struct PhaseChart: Sendable {
    let title: String
    /// Names and seconds.
    let phases: [(name: String, seconds: Double)]
    /// Seconds of a bar of the whole width, the same for all bars that are compared.
    let longest: Double

    private static let (width, height) = (900.0, 26.0)

    /// The bar as an `svg` element.
    ///
    /// - Parameter id: of the element, the only one of its page.
    func svg(id: String) -> String {
        var markup = Markup()
        markup.element(
            "svg",
            [
                "class": "bar", "viewBox": "0 0 \(Markup.number(Self.width)) \(Markup.number(Self.height))",
                "preserveAspectRatio": "none", "role": "img", "aria-labelledby": "\(id)-title \(id)-description",
            ]
        ) { markup in
            let texts = phases.map { "\($0.name): \(NumberText.significant($0.seconds, digits: 3)) s" }
            markup.element("title", ["id": "\(id)-title"], title)
            markup.element("desc", ["id": "\(id)-description"], texts.joined(separator: ", "))
            var x = 0.0
            for (index, phase) in phases.enumerated() where phase.seconds > 0 {
                let width = Self.width * phase.seconds / max(longest, 1e-12)
                markup.element(
                    "rect",
                    [
                        "class": "phase p\(index)", "x": Markup.number(x), "y": "0", "width": Markup.number(width),
                        "height": Markup.number(Self.height),
                    ]
                ) { $0.title(texts[index]) }
                x += width
            }
        }
        return markup.text
    }
}
