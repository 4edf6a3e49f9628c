extension Array where Element: MPIDatatype {
    /// The elements in place, with the type of the error kept.
    @inline(__always)
    package func withElements<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws(MPIError) -> Result
    ) throws(MPIError) -> Result {
        let outcome = withUnsafeBufferPointer { (elements) -> Swift.Result<Result, MPIError> in
            do throws(MPIError) { return .success(try body(elements)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// The elements in place for writing, with the type of the error kept.
    @inline(__always)
    mutating func withMutableElements<Result>(
        _ body: (UnsafeMutableBufferPointer<Element>) throws(MPIError) -> Result
    ) throws(MPIError) -> Result {
        let outcome = withUnsafeMutableBufferPointer { (elements) -> Swift.Result<Result, MPIError> in
            do throws(MPIError) { return .success(try body(elements)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }

    /// An array of `count` elements, all of which `fill` writes.
    @inline(__always)
    init(
        count: Int, filledBy fill: (UnsafeMutableBufferPointer<Element>) throws(MPIError) -> Void
    ) throws(MPIError) {
        var failure: MPIError?
        self.init(unsafeUninitializedCapacity: count) { elements, initializedCount in
            do throws(MPIError) {
                try fill(UnsafeMutableBufferPointer(rebasing: elements[..<count]))
                initializedCount = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }
}
