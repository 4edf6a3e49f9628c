import Reporting

/// Lines over epochs: the mean of each group, a band of one standard deviation, the runs themselves thin behind it.
struct LineChart: Sendable {
    let title: String
    /// What can be seen, in a sentence or two, for who does not see it.
    let description: String
    let series: [ChartSeries]
    /// A horizontal line to compare with. Far from all lines it is told in words: they would be pressed together.
    var reference: (name: String, value: Double)?
    /// Decimals of the values that are written at the ends of the lines.
    var decimals = 4
    /// Whether the vertical axis must begin at 0 and end at 1.
    var isShare = false

    private static let (width, height) = (440.0, 280.0)
    private static let (left, right, top, bottom) = (52.0, 88.0, 12.0, 40.0)
    /// Between two lines of text.
    private static let lineHeight = 15.0
    /// More points with a tooltip on a line are more than a pointer can tell apart.
    private static let mostTooltips = 100

    /// The chart as an `svg` element.
    ///
    /// - Parameter id: of the element, the only one of its page.
    func svg(id: String) -> String {
        let frame = Frame(self)
        var markup = Markup()
        let names = "\(id)-title \(id)-description"
        markup.element(
            "svg",
            [
                "class": "chart", "viewBox": "0 0 \(Markup.number(Self.width)) \(Markup.number(Self.height))",
                "role": "img", "aria-labelledby": names,
            ]
        ) { markup in
            markup.element("title", ["id": "\(id)-title"], title)
            markup.element("desc", ["id": "\(id)-description"], description)
            drawAxes(frame, into: &markup)
            for series in series { drawBehind(series, frame, into: &markup) }
            for series in series { drawLine(series, frame, into: &markup) }
            drawEnds(frame, into: &markup)
        }
        return markup.text
    }

    /// Whether the reference is near enough to the lines to be drawn.
    private var showsReference: Bool {
        let values = series.flatMap(\.values)
        guard let reference = reference?.value, let low = values.min(), let high = values.max() else { return false }
        return (low - (high - low) * 0.6...high + (high - low) * 0.6).contains(reference)
    }

    /// Where numbers lie in the drawing.
    private struct Frame {
        let x: AxisTicks
        let y: AxisTicks

        init(_ chart: LineChart) {
            let epochs = chart.series.flatMap(\.epochs)
            let values = chart.series.flatMap(\.values)
            var (low, high) = (values.min() ?? 0, values.max() ?? 1)
            if let reference = chart.reference?.value, chart.showsReference {
                (low, high) = (min(low, reference), max(high, reference))
            }
            let room = (high - low) * 0.05
            let vertical = chart.isShare ? 0...1 : (low - (low >= 0 && low < room ? low : room))...(high + room)
            x = AxisTicks((epochs.min() ?? 0)...(epochs.max() ?? 1), count: 6, isWhole: true)
            y = AxisTicks(vertical, count: 7)
        }

        func position(_ point: ChartPoint) -> (x: Double, y: Double) { (across(point.x), up(point.y)) }

        func across(_ value: Double) -> Double {
            let part = (value - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound)
            return LineChart.left + part * (LineChart.width - LineChart.left - LineChart.right)
        }

        func up(_ value: Double) -> Double {
            let part = (value - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound)
            return LineChart.height - LineChart.bottom - part * (LineChart.height - LineChart.top - LineChart.bottom)
        }
    }

    private func drawAxes(_ frame: Frame, into markup: inout Markup) {
        let (left, right) = (Self.left, Self.width - Self.right)
        let base = Self.height - Self.bottom
        for tick in frame.y.values {
            let y = Markup.number(frame.up(tick))
            markup.element(
                "line", ["class": "grid", "x1": Markup.number(left), "y1": y, "x2": Markup.number(right), "y2": y])
            markup.element(
                "text", ["class": "tick", "x": Markup.number(left - 6), "y": y, "dy": "4", "text-anchor": "end"],
                frame.y.text(tick))
        }
        markup.element(
            "line",
            [
                "class": "axis", "x1": Markup.number(left), "y1": Markup.number(base), "x2": Markup.number(right),
                "y2": Markup.number(base),
            ])
        for tick in frame.x.values {
            let x = Markup.number(frame.across(tick))
            markup.element(
                "line",
                ["class": "axis", "x1": x, "y1": Markup.number(base), "x2": x, "y2": Markup.number(base + 4)])
            markup.element(
                "text", ["class": "tick", "x": x, "y": Markup.number(base + 17), "text-anchor": "middle"],
                frame.x.text(tick))
        }
        markup.element(
            "text",
            [
                "class": "label", "x": Markup.number((left + right) / 2), "y": Markup.number(Self.height - 5),
                "text-anchor": "middle",
            ], "epoch")
        guard let reference, showsReference else {
            guard let reference else { return }
            let value = NumberText.fixed(reference.value, decimals: decimals)
            let isBelow = reference.value < frame.y.range.lowerBound
            return markup.element(
                "text",
                [
                    "class": "tick", "x": Markup.number(right),
                    "y": Markup.number(isBelow ? base - 6 : Self.top + 10), "text-anchor": "end",
                ], "\(reference.name) \(value) \(isBelow ? "↓" : "↑")")
        }
        let y = Markup.number(frame.up(reference.value))
        markup.element(
            "line", ["class": "reference", "x1": Markup.number(left), "y1": y, "x2": Markup.number(right), "y2": y])
    }

    private func drawBehind(_ series: ChartSeries, _ frame: Frame, into markup: inout Markup) {
        if !series.curve.band.isEmpty {
            // Mean and deviation do not know that no share is above 1.
            let (least, most) = (frame.y.range.lowerBound, frame.y.range.upperBound)
            let below = series.curve.band.map { (x: frame.across($0.x), y: frame.up(max($0.low, least))) }
            let above = series.curve.band.map { (x: frame.across($0.x), y: frame.up(min($0.high, most))) }
            markup.element(
                "polygon",
                [
                    "class": "band " + SeriesStyle.fillClass(series.style),
                    "points": Markup.points(below + above.reversed()),
                ])
        }
        for run in series.curve.single {
            markup.element(
                "polyline",
                [
                    "class": "single c\(series.style % 7)",
                    "points": Markup.points(run.map(frame.position)),
                ])
        }
    }

    private func drawLine(_ series: ChartSeries, _ frame: Frame, into markup: inout Markup) {
        let line = series.curve.mean
        markup.element(
            "polyline",
            ["class": SeriesStyle.lineClass(series.style), "points": Markup.points(line.map(frame.position))])
        if let marked = series.marked {
            let position = frame.position(marked)
            markup.element(
                "circle",
                [
                    "class": "mark c\(series.style % 7)", "cx": Markup.number(position.x),
                    "cy": Markup.number(position.y),
                    "r": "4",
                ])
        }
        let stride = max(1, (line.count + Self.mostTooltips - 1) / Self.mostTooltips)
        for (index, point) in line.enumerated() where index % stride == 0 || index == line.count - 1 {
            let position = frame.position(point)
            markup.element(
                "circle",
                ["class": "point", "cx": Markup.number(position.x), "cy": Markup.number(position.y), "r": "6"]
            ) {
                let value = NumberText.fixed(point.y, decimals: decimals)
                $0.title("\(series.name)\(series.name.isEmpty ? "" : ", ")epoch \(Int(point.x)): \(value)")
            }
        }
    }

    /// The last value of each line beside it, moved apart where two would stand on each other.
    private func drawEnds(_ frame: Frame, into markup: inout Markup) {
        var ends: [(text: String, style: Int?, x: Double, y: Double)] = []
        for series in series {
            guard let last = series.curve.mean.last else { continue }
            let position = frame.position(last)
            let value = NumberText.fixed(last.y, decimals: decimals)
            ends.append(
                (series.label.isEmpty ? value : "\(series.label) \(value)", series.style, position.x, position.y))
        }
        if let reference, showsReference {
            ends.append((reference.name, nil, Self.width - Self.right, frame.up(reference.value)))
        }
        let most = Int((Self.height - Self.top - Self.bottom) / Self.lineHeight)
        guard ends.count <= most else { return }
        ends.sort { $0.y < $1.y }
        let heights = Self.apart(ends.map(\.y))
        for (end, y) in zip(ends, heights) {
            let x = Self.width - Self.right + 8
            if let style = end.style {
                markup.element(
                    "circle",
                    [
                        "class": SeriesStyle.fillClass(style), "cx": Markup.number(end.x), "cy": Markup.number(end.y),
                        "r": "3",
                    ])
            }
            markup.element("text", ["class": "end", "x": Markup.number(x), "y": Markup.number(y), "dy": "4"], end.text)
        }
    }

    /// Rising heights at least a line of text apart, as near to the given ones as going down and up once makes them.
    private static func apart(_ heights: [Double]) -> [Double] {
        var heights = heights
        for index in heights.indices.dropFirst() {
            heights[index] = max(heights[index], heights[index - 1] + lineHeight)
        }
        var limit = height - bottom
        for index in heights.indices.reversed() {
            heights[index] = min(heights[index], limit)
            limit = heights[index] - lineHeight
        }
        return heights
    }
}
