/// A point of a chart, in the units of its axes.
struct ChartPoint: Sendable, Equatable {
    let x: Double
    let y: Double
}

/// A range at one value of the horizontal axis.
struct ChartBand: Sendable, Equatable {
    let x: Double
    let low: Double
    let high: Double
}

/// A line of a chart with what belongs to it.
struct ChartSeries: Sendable {
    /// What stands at its end, a letter or nothing.
    let label: String
    /// What it is called in a tooltip.
    let name: String
    /// Which of the colours and dashes it has.
    let style: Int
    let curve: EpochCurve
    /// The point with a mark on the line, such as the best epoch.
    var marked: ChartPoint?

    /// All values that must be in the chart.
    var values: [Double] {
        (curve.mean + curve.single.joined()).map(\.y) + curve.band.flatMap { [$0.low, $0.high] }
    }

    /// Where they are on the horizontal axis.
    var epochs: [Double] { (curve.mean + curve.single.joined()).map(\.x) }
}

/// How lines are told apart: seven colours that people with any kind of sight see as different ones, and four dashes for
/// a printer that has none.
enum SeriesStyle {
    /// The class of the style sheet for a line.
    static func lineClass(_ style: Int) -> String { "line c\(style % 7) d\(style % 4)" }
    /// The class for an area or a dot.
    static func fillClass(_ style: Int) -> String { "fill c\(style % 7)" }

    /// A piece of the line, for a legend.
    static func sample(_ style: Int) -> String {
        var markup = Markup()
        markup.element("svg", ["class": "sample", "viewBox": "0 0 34 12", "aria-hidden": "true"]) {
            $0.element("line", ["class": lineClass(style), "x1": "1", "y1": "6", "x2": "33", "y2": "6"])
        }
        return markup.text
    }
}
