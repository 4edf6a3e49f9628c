import Differentiation
import Interactions
import ModelFiles
import Recommenders
import Reporting

/// What a training takes over from an earlier one of the same model, on data that may have other users and items.
///
/// The rows of users and items that both data sets know are taken over, by their ids; those of new ones keep their
/// initial values. All other parameters must have the shapes of before, and are taken over as they are. The moments of
/// the optimizer begin anew: this is another training, not the same one resumed.
struct WarmStart {
    /// How many of some ids have a row that was taken over.
    struct Count {
        var known = 0
        var total = 0
    }

    private(set) var items = Count()
    /// nil for a model that knows no users.
    private(set) var users: Count?

    /// Reads the parameters of a run or a file at `source` into `values`.
    ///
    /// - Parameters:
    ///   - values: with their initial values.
    ///   - data: whose ids the rows are for.
    init(
        _ source: String, into values: ParameterValues, _ layout: ParameterLayout, of model: any Recommender,
        _ configuration: TrainingConfiguration, data: TrainingData
    ) throws {
        let path = try Self.file(of: source, configuration)
        let file = try SafetensorsFile(path: path)
        let known = try Self.ids(ModelFile.itemIds, of: model.items, in: file, layout)
        let itemRows = known.numbers(ofAll: data.itemIds)
        items = Self.count(itemRows)
        var userRows: [Int32]?
        if let table = model.users {
            let rows = try Self.ids(ModelFile.userIds, of: table, in: file, layout).numbers(ofAll: data.userIds)
            users = Self.count(rows)
            userRows = rows
        }
        for specification in layout.specifications {
            guard let tensor = file[specification.name] else {
                throw ModelFileError(
                    path: path, problem: "there is no tensor \(specification.name)",
                    recoverySuggestion: "the file belongs to another model: name a run of \(configuration.model)")
            }
            let parameter = specification.parameter
            if let userRows, parameter.index == model.users?.table.index {
                try Self.copy(userRows, of: file, specification, into: values)
            } else if specification.kind == .table(paddingRow: true), parameter.rows > data.itemCount {
                // Rows behind those of the items belong to none, and are taken over as they are.
                let others = parameter.rows - data.itemCount - 1
                guard tensor.shape == [known.count + 1 + others] + specification.shape.dropFirst() else {
                    throw Self.otherShape(tensor.shape, specification, in: path)
                }
                let rows = itemRows + (0..<others).map { Int32(known.count + 1 + $0) }
                try Self.copy(rows, of: file, specification, into: values)
            } else {
                guard tensor.shape == specification.shape else {
                    throw Self.otherShape(tensor.shape, specification, in: path)
                }
                try file.readFloats(
                    specification.name,
                    into: UnsafeMutableBufferPointer(start: values(parameter), count: parameter.count))
            }
        }
    }

    /// Throws where the source is not there, or is of another model: before any data are read.
    static func check(_ source: String, _ configuration: TrainingConfiguration) throws {
        _ = try SafetensorsFile(path: try file(of: source, configuration))
    }

    private static func otherShape(
        _ shape: [Int], _ specification: ParameterSpecification, in path: String
    ) -> ModelFileError {
        ModelFileError(
            path: path, problem: "\(specification.name) has the shape \(shape), the model \(specification.shape)",
            recoverySuggestion: "give the options that the earlier training had")
    }

    /// Says how many rows were taken over.
    func tell(from source: String, on console: Console) {
        func text(_ count: Count, _ noun: String) -> String {
            "\(NumberText.grouped(count.known)) of \(NumberText.grouped(count.total)) \(noun)"
        }
        let parts = [text(items, "items")] + (users.map { [text($0, "users")] } ?? [])
        console.info("begins with the parameters of \(source): \(parts.joined(separator: ", ")) are known there")
        guard items.known == 0 else { return }
        console.warning(
            "no item of this data set is known to \(source)\n"
                + "only its layers are taken over: is it a run on other ids, or another shop?")
    }

    /// The file of parameters: of the stage of the configuration where the run has it.
    private static func file(of source: String, _ configuration: TrainingConfiguration) throws -> String {
        guard !SafetensorsFile.isNamed(by: source) else { return source }
        var run = RunFolder(source)
        let earlier = try run.readConfiguration(namedBy: "--warm-start")
        guard earlier.model == configuration.model else {
            throw TrainingError(
                .usage, "--warm-start \(source) is a run of \(earlier.model), and this is \(configuration.model)",
                recoverySuggestion: "name a run of \(configuration.model)")
        }
        if configuration.stage == .pretrain, earlier.stage != .pretrain { run = run.pretrain }
        return run.model
    }

    /// The ids of the rows of a table of the file.
    private static func ids(
        _ name: String, of embedding: Embedding, in file: SafetensorsFile, _ layout: ParameterLayout
    ) throws -> Vocabulary {
        let table = layout.specifications[embedding.table.index].name
        guard let shape = file[table]?.shape, let rows = shape.first, rows > 1 else {
            throw ModelFileError(
                path: file.path, problem: "there is no table \(table)",
                recoverySuggestion: "the file belongs to another model")
        }
        return try ModelFile.ids(name, in: file, rows: rows)
    }

    private static func count(_ rows: [Int32]) -> Count {
        Count(known: rows.count { $0 > 0 }, total: rows.count - 1)
    }

    /// Copies the rows of the file that there are.
    private static func copy(
        _ rows: [Int32], of file: SafetensorsFile, _ specification: ParameterSpecification, into values: ParameterValues
    ) throws {
        let columns = specification.parameter.columns
        let source = try file.floats(specification.name)
        let target = values(specification.parameter)
        source.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { return }
            for (row, origin) in rows.enumerated() where origin > 0 {
                (target + row * columns).update(from: base + Int(origin) * columns, count: columns)
            }
        }
    }
}
