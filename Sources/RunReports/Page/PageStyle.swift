/// The style sheet of the page: one column at any width, light and dark as the reader's system has it, light on paper.
enum PageStyle {
    /// Colours of lines by Okabe and Ito (Color Universal Design, 2008), darkened on white and lightened on black until
    /// each stands out from the ground by 3 to 1.
    static let css = """
        :root {
          --ground: #ffffff; --raised: #f5f6f8; --ink: #1b1f24; --soft: #59636e; --rule: #d4d9df; --accent: #0067a8;
          --c0: #0067a8; --c1: #c8500a; --c2: #00805a; --c3: #b0468a; --c4: #946200; --c5: #5b4fc4; --c6: #4d5560;
        }
        @media screen and (prefers-color-scheme: dark) {
          :root {
            --ground: #14171b; --raised: #1f242a; --ink: #e8eaed; --soft: #a3acb6; --rule: #3b424b; --accent: #5cb8f2;
            --c0: #5cb8f2; --c1: #ff9453; --c2: #3ecf9f; --c3: #ee94c8; --c4: #e6b944; --c5: #a9a0ff; --c6: #b9c0c8;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1180px; padding: 1.5rem 1.25rem 3rem; background: var(--ground);
          color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 0; }
        h2 { font-size: 1.25rem; margin: 2.4rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--rule); }
        h2.set { font-size: 1.45rem; border-top: 3px solid var(--ink); }
        h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
        .subtitle, .note, footer, small, .caption { color: var(--soft); }
        .subtitle { margin: .25rem 0 0; }
        .summary { font-size: 1.1rem; }
        .note { font-size: .9rem; max-width: 75ch; }
        .notice { border-left: 4px solid var(--c1); background: var(--raised); padding: .6rem .9rem; margin: 1rem 0; }
        .notice p { margin: 0; }
        .scroll { overflow-x: auto; margin: .4rem 0 1rem; }
        table { border-collapse: separate; border-spacing: 0; font-size: .92rem; font-variant-numeric: tabular-nums; }
        .caption { margin: 1.2rem 0 .2rem; font-size: .9rem; }
        th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule);
          vertical-align: top; white-space: nowrap; }
        th.text, th:first-child, td.text, td.code { text-align: left; }
        thead th { font-weight: 600; color: var(--soft); }
        tbody th { font-weight: 500; white-space: normal; min-width: 9rem; }
        th:first-child { position: sticky; left: 0; background: var(--ground); }
        th.code, td.code, pre { font-family: ui-monospace, monospace; font-size: .86rem; }
        td.best { font-weight: 700; }
        pre { white-space: pre-wrap; background: var(--raised); padding: .6rem .8rem; }
        details { margin: .6rem 0; }
        details > summary { cursor: pointer; color: var(--accent); padding: .3rem 0; }
        .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 1.6rem 2rem; }
        .charts.small { grid-template-columns: repeat(auto-fill, minmax(min(100%, 250px), 1fr)); }
        figure { margin: 0; max-width: 560px; break-inside: avoid; }
        figcaption { font-weight: 600; font-size: .92rem; margin-bottom: .2rem; }
        .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; padding: 0; margin: .6rem 0; }
        .legend small { white-space: nowrap; }
        .legend li { display: flex; align-items: center; gap: .4rem; }
        .bars { margin-bottom: 1.2rem; }
        .bars p { margin: .5rem 0 .1rem; font-size: .92rem; }
        svg.chart { display: block; width: 100%; height: auto; }
        svg.bar { display: block; width: 100%; height: 1.5rem; }
        svg.sample { width: 34px; height: 12px; flex: none; margin-right: .4rem; vertical-align: middle; }
        svg.key { width: 14px; height: 14px; flex: none; }
        svg text { font: 13px system-ui, sans-serif; fill: var(--ink); }
        svg .tick, svg .label { fill: var(--soft); }
        .grid { stroke: var(--rule); stroke-width: 1; }
        .axis { stroke: var(--soft); stroke-width: 1; }
        .reference { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 2 4; }
        .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
        .single { fill: none; stroke-width: 1; opacity: .35; }
        .band { opacity: .18; }
        .mark { fill: var(--ground); stroke-width: 2.2; }
        .point { fill: transparent; }
        .cell { fill: var(--c0); } .cell.away { fill: var(--c1); }
        .c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
        .c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); }
        .fill { stroke: none; }
        .fill.c0 { fill: var(--c0); } .fill.c1 { fill: var(--c1); } .fill.c2 { fill: var(--c2); }
        .fill.c3 { fill: var(--c3); } .fill.c4 { fill: var(--c4); } .fill.c5 { fill: var(--c5); }
        .fill.c6 { fill: var(--c6); }
        .d1 { stroke-dasharray: 8 4; } .d2 { stroke-dasharray: 2 4; } .d3 { stroke-dasharray: 9 3 2 3; }
        .phase { stroke: var(--ground); stroke-width: 1; }
        .p0 { fill: var(--c4); } .p1 { fill: var(--c6); } .p2 { fill: var(--c0); } .p3 { fill: var(--c5); }
        .p4 { fill: var(--c1); } .p5 { fill: var(--c2); } .p6 { fill: var(--rule); } .p7 { fill: var(--c3); }
        .p8 { fill: var(--soft); }
        footer { margin-top: 3rem; font-size: .85rem; }
        @media (max-width: 600px) {
          body { padding: 1rem .9rem 2rem; }
          h1 { font-size: 1.4rem; }
          .rest { display: none; }
          tbody th { min-width: 0; max-width: 9rem; }
        }
        @media print {
          body { max-width: none; padding: 0; font-size: 10pt; }
          h2, h3, figcaption, .caption, .note { break-after: avoid; }
          .scroll { overflow: visible; }
          table { font-size: 7.5pt; }
          th, td { padding-right: .5rem; }
          td.text, td.code, thead th { white-space: normal; }
          tr, .notice { break-inside: avoid; }
          .charts { grid-template-columns: repeat(2, 1fr); }
          .charts.small { grid-template-columns: repeat(3, 1fr); }
          * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        }
        """
}
