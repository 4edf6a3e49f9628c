import DistributedOptimizer
import Options

/// `--exchange`.
extension ExchangeKind: OptionValue {}

/// `--table-sharding`.
extension TableSharding: OptionValue {}

/// `--optimizer-sharding`.
extension OptimizerSharding: OptionValue {}

/// `--exchange-rounds`.
extension ExchangeRounds: OptionValue {}

/// `--row-updates`.
extension RowUpdates: OptionValue {}
