import Differentiation
import Reporting

/// Parameters as safetensors, under the names of the reference implementations.
public enum ModelFile {
    /// Writes all parameters to `path`, which appears complete or not at all.
    public static func write(
        _ values: ParameterValues, _ layout: ParameterLayout, to path: String,
        metadata: [(key: String, value: String)] = []
    ) throws(FileError) {
        var writer = try SafetensorsWriter(
            replacing: path,
            tensors: layout.specifications.map { .init($0.name, Float.self, shape: $0.shape) }, metadata: metadata)
        for specification in layout.specifications {
            let parameter = specification.parameter
            try writer.append(UnsafeBufferPointer(start: values(parameter), count: parameter.count))
        }
        try writer.finish()
    }

    /// Reads the parameters of `file` into `values`.
    ///
    /// Each of the model's parameters must be in the file with the model's shape, and the file must hold nothing else.
    ///
    /// - Parameters:
    ///   - prefix: when given, only the parameters whose names begin with it are read, and the others in the file do
    ///     not matter.
    ///   - unused: tensors whose names begin with one of these may be there, too.
    public static func read(
        _ file: SafetensorsFile, into values: ParameterValues, _ layout: ParameterLayout,
        prefix: String? = nil, unused: [String] = []
    ) throws {
        let isWanted = { (name: String) in prefix.map { name.hasPrefix($0) } ?? true }
        for name in file.names
        where isWanted(name) && layout.specification(named: name) == nil
            && !unused.contains(where: { name.hasPrefix($0) })
        {
            throw TrainingError(
                .data, "\(file.path): the model has no parameter \(name)",
                remedy: "the file belongs to another model or stage, or to the same with other options")
        }
        for specification in layout.specifications where isWanted(specification.name) {
            guard let tensor = file[specification.name] else {
                throw TrainingError(
                    .data, "\(file.path): there is no tensor \(specification.name)",
                    remedy: "the file belongs to another model, or to the same with other options")
            }
            guard tensor.shape == specification.shape else {
                throw TrainingError(
                    .data,
                    "\(file.path): \(specification.name) has the shape \(tensor.shape), the model \(specification.shape)",
                    remedy: "use the options and the data set that the file was made with")
            }
            try file.readFloats(
                specification.name,
                into: UnsafeMutableBufferPointer(
                    start: values(specification.parameter), count: specification.parameter.count))
        }
    }

    /// SHA-256 over the bytes of all parameters in the order of their names: two trainings agree if and only if these
    /// agree.
    public static func digest(_ values: ParameterValues, _ layout: ParameterLayout) -> String {
        var digest = SHA256()
        for specification in layout.specifications.sorted(by: { $0.name < $1.name }) {
            let parameter = specification.parameter
            digest.update(UnsafeBufferPointer(start: UnsafePointer(values(parameter)), count: parameter.count))
        }
        return digest.hexDigest
    }
}
