import Differentiation

/// What the cost model has to know of a model: how large it is, what a mini-batch computes, and which rows it touches.
public struct ModelShape: Sendable, Equatable {
    /// A table of parameters.
    public struct Table: Sendable, Equatable {
        /// The name of the parameter.
        public let name: String
        /// Rows, the padding included.
        public let rows: Int
        /// Values of a row.
        public let columns: Int
        /// How likely a draw is to ask for each row.
        public let popularity: RowPopularity
        /// What is asked for.
        public let draws: RowDraws

        /// - Parameter popularity: of the rows that can be asked for, which are all or all but the padding.
        public init(name: String, rows: Int, columns: Int, popularity: RowPopularity, draws: RowDraws) {
            self.name = name
            self.rows = rows
            self.columns = columns
            self.popularity = popularity
            self.draws = draws
        }

        /// Different rows that mini-batches touch together, as ``RowDraws/touchedRows(samples:shards:of:)``.
        public func touchedRows(samples: Double, shards: Double) -> Double {
            draws.touchedRows(samples: samples, shards: shards, of: popularity)
        }
    }

    /// A number that grows with the samples of a mini-batch in a straight line.
    public struct Line: Sendable, Equatable {
        /// Of a mini-batch without samples.
        public let fixed: Double
        /// Of each sample.
        public let perSample: Double

        /// `fixed + perSample * samples`.
        public init(fixed: Double, perSample: Double) {
            self.fixed = fixed
            self.perSample = perSample
        }

        /// Of a mini-batch of so many samples.
        public func callAsFunction(_ samples: Double) -> Double { max(fixed + perSample * samples, 0) }
    }

    /// Floats of the parameters that are no tables, with the room between them.
    public let denseCount: Int
    /// The tables.
    public let tables: [Table]
    /// Useful operations of a mini-batch, there and back.
    public let operations: Line
    /// Bytes of the values and gradients of a mini-batch, beside those of the parameters.
    public let activationBytes: Line
    /// Mean number of items of a history.
    public let meanHistory: Double

    /// A shape of these parts.
    public init(
        denseCount: Int, tables: [Table], operations: Line, activationBytes: Line, meanHistory: Double
    ) {
        self.denseCount = denseCount
        self.tables = tables
        self.operations = operations
        self.activationBytes = activationBytes
        self.meanHistory = meanHistory
    }

    /// Values of all parameters.
    public var parameterCount: Int { denseCount + tableCount }
    /// Values of all tables.
    public var tableCount: Int { tables.reduce(0) { $0 + $1.rows * $1.columns } }

    /// Bytes of the gradient of mini-batches, added up: the dense parameters, and the rows that they touch.
    public func gradientBytes(samples: Double, shards: Double) -> Double {
        4
            * tables.reduce(Double(denseCount)) {
                $0 + $1.touchedRows(samples: samples, shards: shards) * Double($1.columns)
            }
    }
}
