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
    /// - Parameter isWanted: the names to read; each of them must be in the file with the model's shape, unless the
    ///   file has nothing else to offer either. Names that the model does not have are refused when all are wanted.
    public static func read(
        _ file: SafetensorsFile, into values: ParameterValues, _ layout: ParameterLayout,
        where isWanted: (String) -> Bool = { _ in true }
    ) throws {
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
