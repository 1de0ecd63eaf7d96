/** What is kept of an XML element of an answer. Namespaces are resolved where it is parsed: prefixes are each server's own choice. */

export const VIM = "urn:vim25";
export const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
export const XSI = "http://www.w3.org/2001/XMLSchema-instance";

export interface XmlNode {
  /** Local name. */
  readonly name: string;
  /** Namespace; "" = none. */
  readonly space: string;
  /** `xsi:type` without its prefix: the type of a value. Null where it says none. */
  readonly xsiType: string | null;
  /** The attribute `type`, which a reference to a managed object has. */
  readonly type: string | null;
  /** Text right in the element, cut to what the parser allows. */
  readonly text: string;
  readonly children: readonly XmlNode[];
}
