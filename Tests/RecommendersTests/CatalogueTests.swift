import Differentiation
import Recommenders
import Testing

@Suite struct CatalogueTests {
    @Test func `a model is found whatever its capitals`() {
        #expect(RecommenderCatalogue.entry(named: "timirec")?.name == "TiMiRec")
        #expect(RecommenderCatalogue.entry(named: "TiMiRec+") == nil)
    }

    @Test func `a name that is taken is refused where it is given away again`() throws {
        let names = RecommenderCatalogue.entries.map(\.name)
        let another = RecommenderEntry(name: "Another", aliases: ["sasrec"], summary: "") { Popularity($0, in: $1) }
        RecommenderCatalogue.add(another)
        let error = try #require(RecommenderCatalogue.error)
        #expect(error.problem == "there is a model sasrec already")
        #expect(error.file == #fileID && error.line == #line - 3)
        #expect(RecommenderCatalogue.entries.map(\.name) == names)
    }

    @Test(arguments: [("TiMiRek", "TiMiRec"), ("comirc", "ComiRec"), ("Komire", "ComiRec")])
    func `the nearest name is suggested`(_ typed: String, _ nearest: String) {
        #expect(RecommenderCatalogue.nearestName(to: typed) == nearest)
    }

    @Test func `names are unique and every stage builds the model that the entry describes`() throws {
        #expect(
            Set(RecommenderCatalogue.entries.map { $0.name.lowercased() }).count == RecommenderCatalogue.entries.count)
        for entry in RecommenderCatalogue.entries {
            for stage in entry.stages.isEmpty ? [nil] : entry.stages.map(Optional.some) {
                let layout = ParameterLayout()
                let context = ModelContext(ModelOptions(), stage: stage, userCount: 50, itemCount: 100)
                let model = entry.model(context, in: layout.root)
                try entry.check(model, layout)
                #expect(layout.specifications[model.items.table.index].shape.first == 101)
            }
        }
    }

    @Test func `what a model leaves to the objective follows from its options and stage`() throws {
        var options = ModelOptions()
        let mind = try #require(RecommenderCatalogue.entry(named: "MIND"))
        #expect(mind.objectiveSupport(options, nil) == [.selection, .interests])
        options[MIND.power] = 2
        #expect(mind.objectiveSupport(options, nil) == [.interests])
        let timirec = try #require(RecommenderCatalogue.entry(named: "TiMiRec"))
        #expect(timirec.objectiveSupport(options, .pretrain) == [.selection, .interests, .attention])
        #expect(timirec.objectiveSupport(options, .finetune) == [.interests, .attention])
        let sasrec = try #require(RecommenderCatalogue.entry(named: "SASRec"))
        #expect(sasrec.objectiveSupport(options, nil) == [.everyPosition])
        let industrial = try #require(RecommenderCatalogue.entry(named: "IndustrialMIND"))
        #expect(industrial.objectiveSupport(options, nil) == [.interests])
        let sine = try #require(RecommenderCatalogue.entry(named: "SINE"))
        #expect(sine.objectiveSupport(options, nil) == [])
        let matrixFactorization = try #require(RecommenderCatalogue.entry(named: "BPRMF"))
        #expect(matrixFactorization.objectiveSupport(options, nil) == [])
    }

    @Test func `a model can have other defaults than an option has by itself, and its help tells them`() throws {
        let option = MIND.adaptiveInterests
        func shown(_ model: String) throws -> String? {
            try #require(RecommenderCatalogue.entry(named: model)).declaration(of: option).shownDefault
        }
        #expect(try shown("MIND") == "0" && shown("IndustrialMIND") == "1")
        #expect(RecommenderCatalogue.declaration(of: option).shownDefault == "0; IndustrialMIND 1")
        #expect(RecommenderCatalogue.declaration(of: DynamicRouting.logitScale).shownDefault == "0; IndustrialMIND 20")
        #expect(RecommenderCatalogue.declaration(of: MIND.power).shownDefault == "inf")
        let industrial = try #require(RecommenderCatalogue.entry(named: "IndustrialMIND"))
        #expect(industrial.defaultOptions[option] && !ModelOptions()[option])
        #expect(industrial.unused(of: industrial.defaultOptions) == [])
    }

    @Test func `SINE refuses more interests than concepts`() throws {
        let sine = try #require(RecommenderCatalogue.entry(named: "SINE"))
        var options = ModelOptions()
        options[SINE.concepts] = 3
        options.interests = 3
        #expect(sine.checkOptions(options) == nil)
        options.interests = 4
        #expect(sine.checkOptions(options)?.problem == "--interests is 4, with 3 --concepts")
    }

    @Test func `an entry that does not describe its model is refused with its line`() throws {
        let context = ModelContext(ModelOptions(), userCount: 50, itemCount: 100)
        func problem(_ entry: RecommenderEntry) -> ModelError? {
            let layout = ParameterLayout()
            do throws(ModelError) {
                try entry.check(entry.model(context, in: layout.root), layout)
                return nil
            } catch {
                return error
            }
        }
        let items = problem(
            RecommenderEntry(name: "A", summary: "", tensors: ModelTensors(items: "items")) { SASRec($0, in: $1) })
        #expect(items?.problem == "the table of items of A is items, and the model has i_embeddings.weight")
        #expect(items?.recoverySuggestion.hasSuffix("ModelTensors(items: \"i_embeddings.weight\")") == true)
        #expect(items?.file == #fileID && items?.line == #line - 3)
        let users = problem(RecommenderEntry(name: "B", summary: "") { BPRMF($0, in: $1) })
        #expect(users?.problem == "the table of users of B is nil, and the model has u_embeddings.weight")
        let nobody = problem(
            RecommenderEntry(name: "C", summary: "", tensors: ModelTensors(users: "users")) { SASRec($0, in: $1) })
        #expect(nobody?.recoverySuggestion.hasSuffix("ModelTensors(users: nil)") == true)
    }

    @Test func `finetune has the parameters of pretrain under the same names and shapes`() throws {
        let entry = try #require(RecommenderCatalogue.entry(named: "TiMiRec"))
        func shapes(_ stage: TrainingStage) -> [String: [Int]] {
            let layout = ParameterLayout()
            _ = entry.model(ModelContext(ModelOptions(), stage: stage, userCount: 50, itemCount: 50), in: layout.root)
            return Dictionary(uniqueKeysWithValues: layout.specifications.map { ($0.name, $0.shape) })
        }
        let finetune = shapes(.finetune)
        for (name, shape) in shapes(.pretrain) { #expect(finetune[name] == shape) }
    }

    @Test func `TiMiRec+ on ml-1m has the published number of parameters`() throws {
        // 526,748 in the log of the authors, whose padding rows count: 3,416 + 1 items, K 2, two layers.
        let entry = try #require(RecommenderCatalogue.entry(named: "TiMiRec"))
        var options = ModelOptions()
        options[InterestPredictor.layers] = 2
        let counts = (3_000...4_000).filter { itemCount in
            let layout = ParameterLayout()
            _ = entry.model(
                ModelContext(options, stage: .finetune, userCount: 1, itemCount: itemCount), in: layout.root)
            return layout.parameterCount == 526_748
        }
        #expect(counts.count == 1)
    }
}
