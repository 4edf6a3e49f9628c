import ArgumentParser
import Reporting
import Serving

/// `trainer similar`.
struct SimilarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "similar", abstract: "Finds the items whose vectors are nearest to that of an item.",
        usage: "trainer similar --checkpoint <checkpoint> --item <item> [<options>]",
        discussion: """
            By the cosine of the angle between the vectors, or by their inner product, which favours items with long \
            vectors:

              trainer similar --checkpoint RUN --item 17
              trainer similar --checkpoint RUN --item 17 --by inner-product --json
            """)

    @Option(help: "A run's folder.", completion: .directory)
    var checkpoint: String?

    @Option(help: "The item, by its id in the data.")
    var item: String?

    @Option(help: "Items that are found.")
    var top = 20

    @Option(help: "What is compared: cosine or inner-product.")
    var by = SimilarItems.Measure.cosine

    @Flag(help: "Print the result object on standard output, and nothing else.")
    var json = false

    mutating func run() throws {
        guard let checkpoint else { throw CommandError("--checkpoint is missing\nname a run's folder") }
        guard let item else { throw CommandError("--item is missing\nname an item by its id in the data") }
        guard top >= 1 else { throw CommandError("--top is \(top)\nchoose a number of items, from 1") }
        let (measure, top, printsJSON) = (by, top, json)
        Launcher.run(isQuiet: false) { world, console in
            try world.collectively {
                guard world.rank == 0 else { return }
                let model = try TrainedModel(run: checkpoint)
                let found = try SimilarItems(to: item, in: model, by: measure, top: top)
                let isOfNumbers = model.stored.itemIds.isOfNumbers
                if found.neighbours.count < top {
                    console.warning(
                        "--top \(top) is more than the \(NumberText.grouped(found.neighbours.count)) other items\n"
                            + "all of them are listed")
                }
                try StandardOutput.write(
                    printsJSON ? found.json(isOfNumbers: isOfNumbers).pretty + "\n" : found.text)
            }
            return 0
        }
    }
}
