/** Of the page with all previews. Each channel looks much as it does where people read it. */
export const STYLE = `:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#eef0f3;color:#1d1c1d;font:15px/1.5 -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
header{padding:24px 24px 0}
h1{margin:0;font-size:22px}
h1 code{font-size:20px}
header p{margin:4px 0 0;color:#57606a}
main{columns:440px;column-gap:20px;padding:20px 24px}
.card{break-inside:avoid;margin:0 0 20px;padding:16px;background:#fff;border:1px solid #d0d7de;border-radius:10px}
h2{margin:0 0 10px;font-size:16px}
h2 small{margin-left:4px;padding:2px 8px;background:#eaeef2;border-radius:10px;color:#57606a;font-size:12px;font-weight:normal}
.to{margin:-4px 0 10px;color:#57606a;font-size:13px}
.note{margin:0 0 10px;padding:8px 10px;background:#fff8c5;border:1px solid #d4a72c66;border-radius:6px;font-size:13px}
.title{margin:0 0 8px;font-weight:600;overflow-wrap:anywhere}
pre{margin:0;padding:12px;max-height:640px;overflow:auto;background:#f6f8fa;border-radius:6px;font:12.5px/1.5 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
pre.console{background:#0d1117;color:#e6edf3}
iframe{display:block;width:100%;height:600px;border:1px solid #d0d7de;border-radius:6px;background:#fff}
.place{margin:12px 0 4px;color:#57606a;font-size:12px}
.slack{display:flex;gap:10px;padding:10px;border:1px solid #e8e8e8;border-radius:6px}
.slack.reply{margin-left:24px}
.avatar{flex:none;width:36px;height:36px;border-radius:6px;background:#e8f5e9;font-size:20px;line-height:36px;text-align:center}
.slack>div:last-child{min-width:0}
.slack p{margin:0 0 8px;white-space:pre-wrap;overflow-wrap:anywhere}
.slack p:last-child{margin-bottom:0}
.slack .author{margin:0 0 2px;font-weight:700}
.author span{margin-left:4px;padding:1px 4px;background:#e8e8e8;border-radius:3px;color:#616061;font-size:10px;font-weight:400;vertical-align:2px}
.slack .header{font-size:18px;font-weight:700}
.slack .context{color:#616061;font-size:13px}
.phone{padding:16px 12px;background:#fff;border:1px solid #e5e5ea;border-radius:16px}
.bubble{width:fit-content;max-width:92%;padding:9px 14px;background:#e9e9eb;border-radius:18px 18px 18px 4px;white-space:pre-wrap;overflow-wrap:anywhere}`;
