import Mustache

/// The template of the page. It is text of the program: a file beside it would have to be found where it is installed.
enum PageTemplate {
    /// What a page is known by when it is to be replaced.
    static let mark = "<meta name=\"generator\" content=\"Facet\"/>"

    /// The page.
    static func render(_ page: ReportPage) -> String {
        MustacheContentTypes.register(MarkupText(), named: "MARKUP")
        do {
            let library = MustacheLibrary(
                templates: try ["page": document, "table": table, "section": section, "charts": charts].mapValues {
                    // A template in another one does not have the type of the outer one.
                    try MustacheTemplate(string: "{{% CONTENT_TYPE:MARKUP}}" + $0)
                })
            return library.render(page, withTemplate: "page") ?? ""
        } catch {
            // The templates stand below.
            preconditionFailure("\(error)")
        }
    }

    /// Escapes what the library's own way lets through: see ``Swift/String/escapedForMarkup``.
    private struct MarkupText: MustacheContentType {
        func escapeText(_ text: String) -> String { text.escapedForMarkup }
    }

    private static let document = """
        <!DOCTYPE html>
        <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
        <head>
        <meta charset="utf-8"/>
        \(mark)
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <title>{{title}}</title>
        <style>
        {{{style}}}
        </style>
        </head>
        <body>
        <header>
        <h1>{{title}}</h1>
        <p class="subtitle">{{subtitle}}</p>
        </header>
        <main>
        {{#isUnfinished}}<p class="notice">{{unfinished}}</p>{{/isUnfinished}}
        {{#hasRefused}}<div class="notice"><p>Not in this page:</p><ul>{{#refused}}<li>{{.}}</li>{{/refused}}</ul></div>{{/hasRefused}}
        {{#sections}}{{> section}}{{/sections}}
        </main>
        <footer><p>{{footer}}</p></footer>
        </body>
        </html>

        """

    private static let section = """
        <section id="{{anchor}}">
        {{#hasHeading}}<h2 class="set">{{heading}}</h2>{{/hasHeading}}
        {{#summary}}<p class="summary">{{.}}</p>{{/summary}}
        {{#hasLegend}}<ul class="legend">{{#legend}}<li>{{{sample}}}<span>{{text}}</span> <small>{{seeds}}</small></li>{{/legend}}</ul>{{/hasLegend}}
        <h2>Results</h2>
        {{#results}}{{> table}}{{/results}}
        {{#hasNoResults}}<p>{{withoutResults}}</p>{{/hasNoResults}}
        <h2>Learning curves</h2>
        <p class="note">A line is the mean over the seeds as far as all have come, the band one standard deviation, a thin
        line one run. The ring is the best epoch of a run alone.</p>
        <div class="charts">{{#curves}}{{> charts}}{{/curves}}</div>
        {{#hasMoreCurves}}<details><summary>Other cut-offs</summary><div class="charts">{{#moreCurves}}{{> charts}}{{/moreCurves}}</div></details>{{/hasMoreCurves}}
        {{#hasCurvesBefore}}<h3>The stage before: pretraining</h3><div class="charts">{{#curvesBefore}}{{> charts}}{{/curvesBefore}}</div>{{/hasCurvesBefore}}
        <h2>Balance of interests</h2>
        {{#interests}}
        {{#isThere}}<p class="note">{{explanation}}</p>
        <div class="charts">{{#charts}}{{> charts}}{{/charts}}</div>
        <h3>Share of rows that each interest wins</h3><div class="charts small">{{#shares}}{{> charts}}{{/shares}}</div>
        <h3>Cosines of the interests of a user</h3><div class="charts small">{{#cosines}}{{> charts}}{{/cosines}}</div>
        {{#tables}}{{> table}}{{/tables}}{{/isThere}}
        {{^isThere}}<p>{{absence}}</p>{{/isThere}}
        {{/interests}}
        <h2>Time</h2>
        {{#time}}
        {{#isThere}}<ul class="legend">{{#keys}}<li><svg class="key" viewBox="0 0 12 12" aria-hidden="true"><rect class="{{style}}" width="12" height="12"/></svg><span>{{text}}</span></li>{{/keys}}</ul>
        <div class="bars">{{#bars}}<p>{{label}}</p>{{{svg}}}{{/bars}}</div>{{/isThere}}
        {{^isThere}}<p>{{absence}}</p>{{/isThere}}
        {{#tables}}{{> table}}{{/tables}}
        {{/time}}
        <h2>Runs</h2>
        {{#runsTable}}{{> table}}{{/runsTable}}
        <ul class="notes">{{#notes}}<li>{{.}}</li>{{/notes}}</ul>
        <h2>Configuration</h2>
        {{#configuration}}
        {{#hasNoDifferences}}<p>{{areEqual}}</p>{{/hasNoDifferences}}
        {{#differences}}{{> table}}{{/differences}}
        {{#complete}}<details><summary>All options: {{name}}</summary>
        <p>The same training again:</p><pre>{{command}}</pre>
        {{#options}}{{> table}}{{/options}}</details>{{/complete}}
        {{/configuration}}
        <h2>Data and programs</h2>
        {{#data}}{{#tables}}{{> table}}{{/tables}}{{^isThere}}<p>{{absence}}</p>{{/isThere}}{{/data}}
        </section>
        """

    private static let charts = """
        <figure><figcaption>{{heading}}</figcaption>{{{svg}}}</figure>
        """

    private static let table = """
        {{#captions}}<p class="caption">{{.}}</p>{{/captions}}
        <div class="scroll"><table{{#captions}} aria-label="{{.}}"{{/captions}}>
        <thead><tr>{{#head}}<th scope="col" class="{{alignment}}">{{name}}</th>{{/head}}</tr></thead>
        <tbody>{{#rows}}<tr>{{#title}}<th scope="row" class="{{kind}}">{{{sample}}}{{text}}<span class="rest">{{rest}}</span></th>{{/title}}{{#cells}}<td class="{{kind}}">{{{sample}}}{{#hasExact}}<data value="{{exact}}">{{text}}</data>{{/hasExact}}{{^hasExact}}{{text}}{{/hasExact}}</td>{{/cells}}</tr>
        {{/rows}}</tbody>
        </table></div>

        """
}
