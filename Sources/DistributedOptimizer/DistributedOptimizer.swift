import Differentiation
import MPI

/// The parameters of a training and the optimizer that moves them, over all ranks: every rank has one of these, and all
/// of them take a step together.
///
///     try optimizer.recordGradient(ofShard: shard) { gradient in ... }      for each shard of the rank, in their order
///     let summary = try optimizer.step(step, flag: false)                   all ranks have the same new parameters
///
/// The gradients of the S logical shards are added in the tree of ``TreeSum``, and the sum, divided by the number of
/// samples, goes to ``Adam``. Each part of this is done by the rank that owns a slice of the parameters. How the numbers
/// come to it (``SharedMemoryOptimizer``, ``MultiNodeOptimizer``) does not change a bit of the result.
package protocol DistributedOptimizer: AnyObject {
    /// The parameters that this rank reads: those of the last step or broadcast, but for rows that wait
    /// (``deferral``). Ranks that share memory have one copy.
    var parameters: ParameterValues { get }

    /// The moments of ``Adam``, complete on rank 0 at least but for what is divided (``division``); zero before the first
    /// step.
    var moments: (first: ParameterValues, second: ParameterValues) { get }

    /// The moving average of the parameters, complete on rank 0 at least; nil where there is none.
    var average: ParameterValues? { get }

    /// What this rank keeps of parameters, moments and average, where the rows of tables are divided among the ranks: then
    /// each rank writes and reads its part, and nothing is broadcast. Nil where rank 0 has everything.
    var kept: ParameterSlice? { get }

    /// How the ranks divide parameters, average and moments; nil where rank 0 has everything.
    var division: (parameters: ParameterDivision, moments: ParameterDivision)? { get }

    /// Brings the rows here that other ranks keep; nil where all rows are here.
    var rowFetch: RowFetch? { get }

    /// Rows that take their steps when they are read, and which a rank therefore announces before a step; nil: all rows move
    /// in every step.
    var deferral: RowDeferral? { get }

    /// What the model reads in place of the tables, where it propagates them over a graph: kept up to date with the
    /// parameters. Nil for other models.
    var propagator: Propagator? { get }

    /// Has the gradient of one mini-batch recorded, and adds it to others where that is due.
    ///
    /// - Parameters:
    ///   - shard: one of this rank's. Each is recorded once a step, in rising order, also without samples.
    ///   - record: writes the gradient, or sets ``GradientView/sampleCount`` to 0. What it throws ends the training: the
    ///     other ranks do not learn of it here.
    func recordGradient<Failure: Error>(
        ofShard shard: Int, _ record: (_ gradient: GradientView) throws(Failure) -> Void
    ) throws(Failure)

    /// Adds up the gradients of all shards and moves the parameters. Collective.
    ///
    /// The parameters stay as they are where the loss is not finite or there are no samples.
    ///
    /// - Parameters:
    ///   - number: 1 for the first step of the training.
    ///   - flag: travels with the gradients and means nothing here: every rank learns whether any rank has set it.
    /// - Returns: the same on all ranks.
    func step(_ number: Int, flag: Bool) throws(MPIError) -> StepSummary

    /// The gradients of this rank as the last step left them, each of one shard or of several that are added already: to
    /// find out which of them is not finite.
    var recordedGradients: [(shards: Range<Int>, gradient: GradientView)] { get }

    /// Takes all steps that rows wait for, so that the state is complete where it lies. Collective.
    func settle() throws(MPIError)

    /// Makes the parameters of rank 0 everybody's, after it has written to them. Collective.
    func broadcastParameters() throws(MPIError)

    /// Makes the ``average`` the ``parameters``, and the other way round; nothing where there is none. Collective. No step
    /// is taken between two of these.
    func swapAverage() throws(MPIError)

    /// Makes the parameters, the moments and the average of rank 0 everybody's, after it has written to them, but for what
    /// is divided (``division``), which every rank has written. Collective.
    func broadcastState() throws(MPIError)

    /// Gives shared memory back: ``parameters`` and ``moments`` must not be read any more. Collective.
    func close() throws(MPIError)
}

extension DistributedOptimizer {
    /// nil: rank 0 has everything.
    package var kept: ParameterSlice? { nil }
    /// nil: rank 0 has everything.
    package var division: (parameters: ParameterDivision, moments: ParameterDivision)? { nil }
    /// nil: all rows are here.
    package var rowFetch: RowFetch? { nil }
    /// nil: all rows move in every step.
    package var deferral: RowDeferral? { nil }

    /// The values that the model computes with: the propagated ones where it has a ``propagator``.
    package var modelValues: ParameterValues { propagator?.values ?? parameters }
}
