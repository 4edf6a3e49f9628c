import Evaluation
import Reporting

extension EvaluationCensus {
    /// Says what is particular about the rows, so that nobody takes their metrics for those of others.
    func tell(on console: Console) {
        if rowsWithoutHistory > 0 {
            console.warning(
                "\(rowsWithoutHistory) \(split.name) rows have no history and are not ranked; the metrics are of the others"
            )
        }
        if let first = firstRowWithTrueItemAmongNegatives {
            console.warning(
                "\(rowsWithTrueItemAmongNegatives) of \(rows) \(split.name) rows list their true item among their "
                    + "negatives, the first of them row \(first)\n"
                    + "it is not ranked against itself: these rows have fewer candidates than the others")
        }
        if rowsWithRepeatedNegatives > 0 {
            console.info(
                "\(NumberText.grouped(rowsWithRepeatedNegatives)) of \(NumberText.grouped(rows)) \(split.name) rows list "
                    + "a negative more than once; every copy counts")
        }
    }

    /// Warns of cut-offs that say nothing about a model.
    ///
    /// - Parameter topK: as they were asked for.
    func tellAbout(topK: [Int], on console: Console) {
        var seen: Set<Int> = []
        let repeated = topK.filter { !seen.insert($0).inserted }
        if let k = repeated.first {
            console.warning("--topk names \(k) more than once\neach cut-off is reported once")
        }
        if let k = topK.filter({ $0 >= candidates }).min() {
            console.warning(
                "a row has at most \(candidates) candidates: HR@\(k) is 1 for every model\n"
                    + "choose cut-offs below \(candidates) with --topk")
        }
    }
}
