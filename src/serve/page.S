/*
 * The files of the status page, as they are in page/.
 * SPDX-License-Identifier: Apache-2.0
 */
        .section .rodata

        .globl proa_page_html, proa_page_html_end
proa_page_html:
        .incbin "serve/page/status.html"
proa_page_html_end:

        .globl proa_page_css, proa_page_css_end
proa_page_css:
        .incbin "serve/page/status.css"
proa_page_css_end:

        .globl proa_page_js, proa_page_js_end
proa_page_js:
        .incbin "serve/page/status.js"
proa_page_js_end:

        .section .note.GNU-stack, "", @progbits
